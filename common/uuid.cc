// SPDX-License-Identifier: Apache-2.0

#include "common/uuid.h"

#include <openssl/rand.h>

#include <array>
#include <cstdlib>

#include "common/sha256.h"

namespace stateserver {
namespace {

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

std::string NewHexId() {
  std::array<unsigned char, 16> bytes;
  // Fails only without a source of randomness; a repeated id would be worse than an abort.
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) std::abort();
  bytes[6] = static_cast<unsigned char>(0x40 | (bytes[6] & 0x0f));  // version 4
  bytes[8] = static_cast<unsigned char>(0x80 | (bytes[8] & 0x3f));  // variant 1
  return ToHex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string NewUuid() {
  std::string id = NewHexId();
  for (size_t at : {20, 16, 12, 8}) id.insert(at, 1, '-');
  return id;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHexDigit(text[i])) return false;
  }
  return true;
}

}  // namespace stateserver
