// SPDX-License-Identifier: Apache-2.0
//
// Repair of statements printed by the engine.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::schema {

// Returns a result of SHOW CREATE in a form that can be split into tokens. The engine prints names
// of indexes without backticks, and comments of indexes and values of LIST partitions without
// escapes. Releases before 3.5 also print comments and properties without them, and releases before
// 3.1 defaults. Later ones print a default as Java writes a string, with a backslash before a
// slash. Where the end of a text is not certain, it is the first quote that is followed by what the
// engine prints after it. Other text is unchanged.
std::string RequotePrinted(std::string_view text);

}  // namespace stateserver::schema
