// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/address.h"

#include <string>

#include "common/network_address.h"

namespace stateserver::config {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr size_t kMaxSocketPath = 107;

bool IsHost(const HostPort& parts) {
  if (parts.host.empty()) return false;
  return parts.bracketed || parts.host.find_first_of(":[] /\t") == std::string::npos;
}

}  // namespace

bool IsListenAddress(std::string_view address) {
  if (address.starts_with(kUnix)) {
    std::string_view path = address.substr(kUnix.size());
    return path.starts_with('/') && path.size() > 1 && path.size() <= kMaxSocketPath;
  }
  HostPort parts = SplitHostPort(address);
  return IsHost(parts) && IsPort(parts.port.value_or(""));
}

bool IsLoopback(std::string_view address) {
  if (address.starts_with(kUnix)) return true;
  return IsLoopbackHost(SplitHostPort(address).host);
}

}  // namespace stateserver::config
