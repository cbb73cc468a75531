// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/token.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

#include "common/sha256.h"
#include "common/text.h"

namespace stateserver::auth {
namespace {

constexpr std::string_view kPrefix = "sst_";
constexpr size_t kIdDigits = 12;
constexpr size_t kSecretDigits = 64;
constexpr size_t kSaltDigits = 32;

std::string RandomHex(size_t digits) {
  std::string bytes(digits / 2, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) !=
      1) {
    throw std::runtime_error("the system has no random numbers");
  }
  return ToHex(bytes);
}

bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

TokenParts NewToken() { return {RandomHex(kIdDigits), RandomHex(kSecretDigits)}; }

std::string NewSalt() { return RandomHex(kSaltDigits); }

std::string TokenText(const TokenParts& parts) { return Cat(kPrefix, parts.id, "_", parts.secret); }

std::optional<TokenParts> ParseToken(std::string_view text) {
  constexpr size_t kLength = 4 + kIdDigits + 1 + kSecretDigits;
  if (text.size() != kLength || text.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  std::string_view id = text.substr(kPrefix.size(), kIdDigits);
  std::string_view secret = text.substr(kLength - kSecretDigits);
  if (text[kPrefix.size() + kIdDigits] != '_' || !IsLowerHex(id) || !IsLowerHex(secret)) {
    return std::nullopt;
  }
  return TokenParts{std::string(id), std::string(secret)};
}

std::string HashSecret(std::string_view salt, std::string_view secret) {
  return Sha256::Hex(Cat(salt, ":", secret));
}

bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace stateserver::auth
