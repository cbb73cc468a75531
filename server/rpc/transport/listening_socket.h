// SPDX-License-Identifier: Apache-2.0
//
// Sockets that listen.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/process/file_descriptor.h"

namespace stateserver::transport {

// Why a server could not listen on an address.

inline constexpr std::string_view kUnixPrefix = "unix:";

inline bool IsUnixAddress(std::string_view address) { return address.rfind(kUnixPrefix, 0) == 0; }

// OK where an address can be bound now; else one sentence with the reason. The
// gRPC library tells nothing and takes a unix socket away from a live server.
// `address` as ServerOptions::listen.
absl::Status CheckListenAddress(const std::string& address);

// "127.0.0.1:7433" as "127.0.0.1" and "7433", brackets removed.
struct HostPort {
  std::string host;
  std::string port;
};
HostPort SplitHostPort(std::string_view address);

// One address of the configuration; a host name may stand for several sockets.
struct ListeningSockets {
  std::vector<FileDescriptor> sockets;  // non-blocking
  int port = 0;                         // 0: a unix socket
  std::string unix_path;                // empty: not one
};

// Binds and listens on "HOST:PORT", "[IPv6]:PORT", ":PORT" (all interfaces) or
// "unix:/path". Port 0 takes a free one. A port is never shared with another process,
// and a unix socket is taken over from a dead one alone. ARGUMENT_INVALID says why not.
absl::StatusOr<ListeningSockets> Listen(const std::string& address);

// Where a connection comes from: "10.0.0.7:51812", "[2001:db8::1]:51812", "unix".
std::string PeerOf(int socket);

// A connection whose network swallows packets ends within two minutes, whether it sends or
// is silent.
void SetNetworkTimeouts(int socket);

}  // namespace stateserver::transport
