// SPDX-License-Identifier: Apache-2.0
//
// Page tokens: the position in a list after a page, as text that a caller sends back. Callers may
// send anything, so each parser returns ARGUMENT_INVALID, with the field `page_token`, for a text
// that is not a token of its list. The error does not repeat the text, which may be long.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace stateserver {

// Parses the token of a list that is sorted by a number, such as "1200". Returns `first` for the
// empty text.
absl::StatusOr<int64_t> ParseNumberToken(std::string_view text, int64_t first);

// TimePosition is a position in a list that is sorted by time, from newest to oldest, and by id.
struct TimePosition {
  // The defaults precede every possible entry: the first page. Both can be converted by
  // PostgreSQL, to bigint and to uuid.
  std::string ts = "9223372036854775807";
  std::string id = "ffffffff-ffff-ffff-ffff-ffffffffffff";
};
std::string TimeToken(int64_t ts, std::string_view id);
// Parses the text of TimeToken. Returns the first page for the empty text.
absl::StatusOr<TimePosition> ParseTimeToken(std::string_view text);

// KeyPosition is a position in a list that is sorted by two texts.
struct KeyPosition {
  std::string name;
  std::string identifier;
};
// Returns a token that is valid only together with `filter`, the text of the request's filters. The
// name and the identifier must not contain the control character 0x1f.
std::string KeyToken(const KeyPosition& position, std::string_view filter);
// Parses the text of KeyToken. The position is well-formed UTF-8 without NUL.
absl::StatusOr<KeyPosition> ParseKeyToken(std::string_view text, std::string_view filter);

}  // namespace stateserver
