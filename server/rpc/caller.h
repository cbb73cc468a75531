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

Caller CallerOf(const grpc::ServerContext& context, const transport::ConnectionTable& connections);

// Returns the trace id of the traceparent header (W3C), otherwise a new one: 32 hex digits.
std::string TraceId(const grpc::ServerContext& context);

// Returns the credentials that the call carries.
auth::Credentials CredentialsOf(const grpc::ServerContext& context, const Caller& caller);

}  // namespace stateserver::rpc
