// SPDX-License-Identifier: Apache-2.0
//
// Text that must be UTF-8 where it goes: logs, protobuf strings, terminals.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stateserver {

// Length of the well-formed UTF-8 sequence `text` begins with, 0 where it does
// not begin with one (RFC 3629: no overlong forms, no surrogates).
size_t Utf8SequenceLength(std::string_view text);

// `text` with every byte that is no part of well-formed UTF-8 replaced by
// U+FFFD.
std::string ToValidUtf8(std::string_view text);

// The longest start of `text` with at most `limit` bytes that does not end
// inside a character. `text` must be well-formed.
std::string_view TruncateUtf8(std::string_view text, size_t limit);

}  // namespace stateserver
