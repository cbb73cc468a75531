// SPDX-License-Identifier: Apache-2.0
//
// Where a call comes from, before anybody asks who it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grpcpp/server_context.h"
#include "server/platform/auth/authenticator.h"
#include "server/rpc/transport/connection_table.h"

namespace stateserver::rpc {

struct Caller {
  // Null when the connection has ended meanwhile.
  transport::ConnectionPtr connection;
  // For logs and limits: "10.0.0.7:51812", "[::1]:51812", "unix", "unknown".
  std::string peer;
  // The names in the verified certificate.
  std::vector<std::string> certificate_names;
  // True if it comes from this machine over one of our sockets, and not through a proxy.
  bool unix_socket = false;

  // The name of a caller who is asked for nothing: the certificate's first, else the
  // address without its port, "local" for a unix socket.
  std::string TransportName() const;
};

// Headers in which a proxy in front of the server names its own caller on each call;
// believed on `proxy_listen` alone.
inline constexpr char kProxiedPeerHeader[] = "x-stateserver-peer";
inline constexpr char kProxiedCertificateHeader[] = "x-stateserver-client-certificate";

Caller CallerOf(const grpc::ServerContext& context, const transport::ConnectionTable& connections);

// The value of `x-stateserver-peer` as Caller::peer: an IPv4 or IPv6 address, with or
// without brackets, and a port; anything else is "unknown".
std::string ProxiedPeer(std::string_view header);

// The trace id of the traceparent header (W3C), else a new one: 32 hex digits.
std::string TraceId(const grpc::ServerContext& context);

// What a call brings with it to say who makes it.

auth::Credentials CredentialsOf(const grpc::ServerContext& context, const Caller& caller);

}  // namespace stateserver::rpc
