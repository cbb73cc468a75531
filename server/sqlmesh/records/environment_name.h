// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's names of environments. Nobody else may rewrite the name of an environment.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::state {

// Returns the name under which SQLMesh stores the environment that a user calls `name`: every
// character that is not part of a word becomes '_', and letters become lower case. Letters, digits
// and cases are Python's, of every script. Bytes that are not UTF-8 become '_' each.
//
// "Feature/Ünï-1" gives "feature_ünï_1".
std::string SanitizedEnvironmentName(std::string_view name);

}  // namespace stateserver::state
