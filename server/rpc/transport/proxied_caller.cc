// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/proxied_caller.h"

#include <arpa/inet.h>

#include <array>

#include "absl/strings/escaping.h"
#include "common/network_address.h"
#include "common/text.h"
#include "server/rpc/transport/certificate_names.h"

namespace stateserver::transport {

std::string ProxiedPeer(std::string_view header) {
  HostPort parts = SplitHostPort(header);
  std::array<unsigned char, sizeof(in6_addr)> address{};
  const std::string port = parts.port.value_or("");
  // inet_pton reads up to a NUL.
  const bool whole = parts.host.find('\0') == std::string::npos;
  if (!IsPort(port) || !whole) return "unknown";
  if (inet_pton(AF_INET, parts.host.c_str(), address.data()) == 1) {
    return Cat(parts.host, ":", port);
  }
  if (inet_pton(AF_INET6, parts.host.c_str(), address.data()) == 1) {
    return Cat("[", parts.host, "]:", port);
  }
  return "unknown";
}

std::vector<std::string> ProxiedNames(std::string_view header) {
  std::string der;
  if (header.empty() ||
      !absl::Base64Unescape(absl::string_view(header.data(), header.size()), &der)) {
    return {};
  }
  return NamesInCertificate(der);
}

}  // namespace stateserver::transport
