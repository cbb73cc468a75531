// SPDX-License-Identifier: Apache-2.0
//
// Creation of listening sockets, and properties of connected ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/process/file_descriptor.h"

namespace stateserver::transport {

inline constexpr std::string_view kUnixPrefix = "unix:";

inline bool IsUnixAddress(std::string_view address) { return address.rfind(kUnixPrefix, 0) == 0; }

// ListeningSockets holds the sockets of one configured address; a host name may resolve to several.
struct ListeningSockets {
  std::vector<FileDescriptor> sockets;  // non-blocking
  int port = 0;                         // 0 for a unix socket
  std::string unix_path;                // empty if not a unix socket
};

// Binds and listens on "HOST:PORT", "[IPv6]:PORT", ":PORT" (all interfaces) or "unix:/path". Port 0
// selects a free port. Never shares a port with another process, and takes over a unix socket only
// from a dead one. Returns ARGUMENT_INVALID with the reason.
absl::StatusOr<ListeningSockets> Listen(const std::string& address);

// Returns the peer of a connection: "10.0.0.7:51812", "[2001:db8::1]:51812" or "unix".
std::string PeerOf(int socket);

// Makes a connection end within two minutes if the network drops its packets, whether it sends or
// is silent.
void SetNetworkTimeouts(int socket);

}  // namespace stateserver::transport
