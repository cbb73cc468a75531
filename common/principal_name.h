// SPDX-License-Identifier: Apache-2.0
//
// Names of principals, which are compared, and written to logs, tables and answers.
#pragma once

#include <string_view>

namespace stateserver {

// Returns true for a name of 1 to 256 bytes of well-formed UTF-8 that begins and ends with a
// visible character and contains neither control characters (C0, DEL, C1), line separators nor
// controls of the direction of text.
bool IsPrincipalName(std::string_view text);

// Returns true if the text consists of ASCII characters other than spaces and control characters.
bool IsVisibleAscii(std::string_view text);

}  // namespace stateserver
