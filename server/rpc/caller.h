// SPDX-License-Identifier: Apache-2.0
//
// The origin of a call, before authentication.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grpcpp/server_context.h"
#include "server/platform/auth/authenticator.h"
#include "server/rpc/transport/connection_table.h"

namespace stateserver::rpc {

struct Caller {
  // Null if the connection has ended meanwhile.
  transport::ConnectionPtr connection;
  // For logs and limits: "10.0.0.7:51812", "[::1]:51812", "unix", "unknown".
  std::string peer;
  // Names in the verified certificate, in the order of precedence.
  std::vector<std::string> certificate_names;
  // True if the call comes from this machine over one of the server's unix sockets and not through
  // a proxy.
  bool unix_socket = false;
};

// Headers in which a proxy names its own caller on each call. They are trusted only on
// `proxy_listen`.
inline constexpr char kProxiedPeerHeader[] = "x-stateserver-peer";
inline constexpr char kProxiedCertificateHeader[] = "x-stateserver-client-certificate";

Caller CallerOf(const grpc::ServerContext& context, const transport::ConnectionTable& connections);

// Converts the value of `x-stateserver-peer` to Caller::peer: an IPv4 or IPv6 address, with or
// without brackets, and a port. Returns "unknown" for any other value.
std::string ProxiedPeer(std::string_view header);

// Returns the trace id of the traceparent header (W3C), otherwise a new one: 32 hex digits.
std::string TraceId(const grpc::ServerContext& context);

// Returns the credentials that the call carries.
auth::Credentials CredentialsOf(const grpc::ServerContext& context, const Caller& caller);

}  // namespace stateserver::rpc
