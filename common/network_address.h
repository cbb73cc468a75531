// SPDX-License-Identifier: Apache-2.0
//
// Addresses of callers as text.
#pragma once

#include <string>
#include <string_view>

namespace stateserver {

// Returns the group that limits by address count together: "10.0.0.7" for "10.0.0.7:51812",
// "2001:db8::/64" for "[2001:db8::1]:51812", since one machine has all of a /64.
std::string AddressGroup(std::string_view peer);

}  // namespace stateserver
