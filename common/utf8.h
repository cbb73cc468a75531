// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 validation, for logs, protobuf strings and terminals.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stateserver {

// Returns the length of the well-formed UTF-8 sequence at the start of `text`, or 0 if there is
// none (RFC 3629: no overlong forms, no surrogates).
size_t Utf8SequenceLength(std::string_view text);

// Replaces every byte that is not part of well-formed UTF-8 by U+FFFD.
std::string ToValidUtf8(std::string_view text);

// Replaces every character that is not ASCII by '?'. `text` must be well-formed.
std::string ToAscii(std::string_view text);

// Returns the longest prefix of `text` with at most `limit` bytes that does not end inside a
// character. `text` must be well-formed.
std::string_view TruncateUtf8(std::string_view text, size_t limit);

}  // namespace stateserver
