// SPDX-License-Identifier: Apache-2.0
//
// Which build this is.
#pragma once

#include <string_view>

namespace stateserver {

// "0.1.0", the project version of CMakeLists.txt.
std::string_view Version();

// The abbreviated commit it was configured from; "unknown" outside a checkout.
std::string_view Commit();

}  // namespace stateserver
