// SPDX-License-Identifier: Apache-2.0

#include "common/principal_name.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "common/json/text.h"
#include "common/utf8.h"

namespace stateserver {
namespace {

constexpr size_t kMostBytes = 256;

bool IsVisible(int32_t c) {
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;
  // Line separators, controls of the direction of text, and a character without width.
  return c != 0x061c && !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
         !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff;
}

}  // namespace

bool IsPrincipalName(std::string_view text) {
  if (text.empty() || text.size() > kMostBytes) return false;
  if (text.front() == ' ' || text.back() == ' ') return false;
  while (!text.empty()) {
    size_t length = Utf8SequenceLength(text);
    if (length == 0) return false;
    int32_t c =
        length == 1 ? text.front() : json::DecodeUtf8(text.data(), static_cast<int>(length));
    if (!IsVisible(c)) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool IsVisibleAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace stateserver
