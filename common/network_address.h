// SPDX-License-Identifier: Apache-2.0
//
// Network addresses as text: "127.0.0.1:7433", "[2001:db8::1]:7433", "localhost:7433".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stateserver {

// HostPort holds the parts of an address.
struct HostPort {
  std::string host;                 // without brackets
  std::optional<std::string> port;  // any text; nullopt without a colon behind the host
  bool bracketed = false;           // the host had brackets
};

// Splits an address at its last colon. A colon within brackets separates no port.
HostPort SplitHostPort(std::string_view address);

// Returns true for a number from 0 to 65535 of at most five digits.
bool IsPort(std::string_view text);

// Returns the address with its port removed, or replaced by `port`. Brackets stay.
std::string WithoutPort(std::string_view address);
std::string WithPort(std::string_view address, int port);

// Returns {"a:1", "b:2"} for the lists "a,b" and "1,2", as libpq pairs them: a single port serves
// all hosts. An IPv6 address gets brackets.
std::vector<std::string> PairHostsWithPorts(std::string_view hosts, std::string_view ports);

// Returns true for "localhost", an address of 127.0.0.0/8, and ::1, the latter without brackets.
// Such a host is this machine; a name that a server of names resolves never counts as one.
bool IsLoopbackHost(std::string_view host);

// Returns the group to which limits by address apply: "10.0.0.7" for "10.0.0.7:51812", and
// "2001:db8::/64" for "[2001:db8::1]:51812", because one machine can use a whole /64.
std::string AddressGroup(std::string_view peer);

}  // namespace stateserver
