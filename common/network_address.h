// SPDX-License-Identifier: Apache-2.0
//
// Network addresses of callers as text.
#pragma once

#include <string>
#include <string_view>

namespace stateserver {

// Returns the group to which limits by address apply: "10.0.0.7" for "10.0.0.7:51812", and
// "2001:db8::/64" for "[2001:db8::1]:51812", because one machine can use a whole /64.
std::string AddressGroup(std::string_view peer);

}  // namespace stateserver
