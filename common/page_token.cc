// SPDX-License-Identifier: Apache-2.0

#include "common/page_token.h"

#include <charconv>
#include <optional>

#include "absl/strings/escaping.h"
#include "common/error.h"
#include "common/text.h"
#include "common/utf8.h"
#include "common/uuid.h"

namespace stateserver {

namespace {

constexpr char kSeparator = '\x1f';

absl::Status WrongToken() {
  return Error(Reason::ARGUMENT_INVALID, "The page token does not belong to this list.",
               "Use `next_page_token` of the previous page; leave it empty for the first page.",
               {{"field", "page_token"}});
}

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// PostgreSQL stores no other texts.
bool IsStorable(std::string_view text) {
  if (text.find('\0') != text.npos) return false;
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

absl::StatusOr<int64_t> ParseNumberToken(std::string_view text, int64_t first) {
  if (text.empty()) return first;
  auto number = ParseNumber(text);
  if (!number) return WrongToken();
  return *number;
}

std::string TimeToken(int64_t ts, std::string_view id) { return Cat(ts, ".", id); }

absl::StatusOr<TimePosition> ParseTimeToken(std::string_view text) {
  if (text.empty()) return TimePosition();
  const size_t dot = text.find('.');
  if (dot == text.npos || !ParseNumber(text.substr(0, dot)) || !IsUuid(text.substr(dot + 1))) {
    return WrongToken();
  }
  return TimePosition{std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
}

std::string KeyToken(const KeyPosition& position, std::string_view filter) {
  std::string raw = Cat(filter, kSeparator, position.name, kSeparator, position.identifier);
  return absl::WebSafeBase64Escape(absl::string_view(raw));
}

absl::StatusOr<KeyPosition> ParseKeyToken(std::string_view text, std::string_view filter) {
  std::string raw;
  if (!absl::WebSafeBase64Unescape(absl::string_view(text.data(), text.size()), &raw) ||
      !IsStorable(raw)) {
    return WrongToken();
  }
  const size_t second = raw.rfind(kSeparator);
  const size_t first =
      second == raw.npos || second == 0 ? raw.npos : raw.rfind(kSeparator, second - 1);
  if (first == raw.npos || std::string_view(raw).substr(0, first) != filter) return WrongToken();
  return KeyPosition{raw.substr(first + 1, second - first - 1), raw.substr(second + 1)};
}

}  // namespace stateserver
