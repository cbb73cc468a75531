// SPDX-License-Identifier: Apache-2.0
//
// The version of this build.
#pragma once

#include <string_view>

namespace stateserver {

// Returns the project version of CMakeLists.txt, such as "0.1.0".
std::string_view Version();

// Returns the abbreviated commit at configuration time; "unknown" outside a checkout.
std::string_view Commit();

}  // namespace stateserver
