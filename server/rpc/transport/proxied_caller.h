// SPDX-License-Identifier: Apache-2.0
//
// Headers in which a proxy names its own caller on each call. They are trusted only on
// `proxy_listen`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stateserver::transport {

inline constexpr char kProxiedPeerHeader[] = "x-stateserver-peer";
inline constexpr char kProxiedCertificateHeader[] = "x-stateserver-client-certificate";

// Converts the value of `x-stateserver-peer` to the form of rpc::Caller::peer: an IPv4 or IPv6
// address, with or without brackets, and a port. Returns "unknown" for any other value.
std::string ProxiedPeer(std::string_view header);

// Returns the names in the value of `x-stateserver-client-certificate`, a DER certificate in
// base64. Empty for any other value.
std::vector<std::string> ProxiedNames(std::string_view header);

}  // namespace stateserver::transport
