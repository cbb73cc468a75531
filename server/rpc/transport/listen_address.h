// SPDX-License-Identifier: Apache-2.0
//
// Why a server could not listen on an address.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace stateserver::transport {

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

}  // namespace stateserver::transport
