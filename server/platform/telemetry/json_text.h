// SPDX-License-Identifier: Apache-2.0
//
// The two spellings of text in log lines.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::telemetry {

// Appends `text` as a JSON string with its quotes. Control characters are
// escaped, so that a line stays one line; bytes that are no UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

// Appends `text` for people: as it is where it holds nothing that would break
// the line or key=value apart, else as a JSON string. Spaces and `=` count as
// such only where `quote_spaces`.
void AppendTextWord(std::string_view text, bool quote_spaces, std::string* out);

}  // namespace stateserver::telemetry
