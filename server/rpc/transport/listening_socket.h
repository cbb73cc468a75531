// SPDX-License-Identifier: Apache-2.0
//
// Sockets that listen.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/process/file_descriptor.h"

namespace stateserver::transport {

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
