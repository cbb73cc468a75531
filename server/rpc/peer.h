// Who calls.
#pragma once

#include <string>
#include <string_view>

#include "grpcpp/server_context.h"

namespace stateserver::rpc {

// "ipv4:10.0.0.7:51812" as "10.0.0.7:51812", "ipv6:%5B::1%5D:51812" as
// "[::1]:51812", "unix:…" as "unix".
std::string PeerAddress(std::string_view grpc_peer);

// The identity a client certificate proved (subject alternative name, else
// common name), else the peer's address without its port; "local" over a unix
// socket.
std::string Principal(const grpc::ServerContext& context);

// The trace id of the W3C `traceparent` header, else a random one: 32
// hexadecimal digits.
std::string TraceId(const grpc::ServerContext& context);

}  // namespace stateserver::rpc
