// SPDX-License-Identifier: Apache-2.0
//
// Look-up in the table of rules_table.inc.
#pragma once

#include <string_view>

namespace stateserver::fingerprint {

// The template of a rule; empty when there is none. "=" stands for the default
// template of a call. Views of the table, good for ever. Thread-safe.
std::string_view FindRule(std::string_view dialect, std::string_view key);

// Words in upper case.
bool IsReservedWord(std::string_view word);
bool IsKnownFunction(std::string_view name);

}  // namespace stateserver::fingerprint
