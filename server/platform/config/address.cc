// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/address.h"

#include <charconv>

namespace stateserver::config {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr size_t kMaxSocketPath = 107;

struct HostPort {
  std::string_view host;
  std::string_view port;
};

HostPort Split(std::string_view address) {
  size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return {address, ""};
  return {address.substr(0, colon), address.substr(colon + 1)};
}

bool IsPort(std::string_view text) {
  int port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 0 && port <= 65535;
}

bool IsHost(std::string_view host) {
  if (host.starts_with('[')) return host.size() > 2 && host.ends_with(']');
  return !host.empty() && host.find_first_of(":[] /\t") == std::string_view::npos;
}

}  // namespace

bool IsListenAddress(std::string_view address) {
  if (address.starts_with(kUnix)) {
    std::string_view path = address.substr(kUnix.size());
    return path.starts_with('/') && path.size() > 1 && path.size() <= kMaxSocketPath;
  }
  auto [host, port] = Split(address);
  return IsHost(host) && IsPort(port);
}

bool IsLoopback(std::string_view address) {
  if (address.starts_with(kUnix)) return true;
  std::string_view host = Split(address).host;
  return host.starts_with("127.") || host == "[::1]" || host == "localhost";
}

}  // namespace stateserver::config
