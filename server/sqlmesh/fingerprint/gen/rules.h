// SPDX-License-Identifier: Apache-2.0
//
// Lookup in the table of rules_table.inc.
#pragma once

#include <string_view>

namespace stateserver::fingerprint {

// Returns the template of a rule, or an empty view if there is none. "=" means the default template
// of a call. The view is valid for the life of the program. Thread-safe.
std::string_view FindRule(std::string_view dialect, std::string_view key);

// Expect words in upper case.
bool IsReservedWord(std::string_view word);
bool IsKnownFunction(std::string_view name);

}  // namespace stateserver::fingerprint
