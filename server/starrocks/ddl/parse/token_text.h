// SPDX-License-Identifier: Apache-2.0
//
// Names and texts as SQL writes them.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::schema {

// In backticks. A name holds none.
std::string QuoteName(std::string_view name);

// In `quote`s, with backslash escapes for it, backslashes and line ends.
std::string QuoteText(std::string_view text, char quote = '"');

}  // namespace stateserver::schema
