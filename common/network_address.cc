// SPDX-License-Identifier: Apache-2.0

#include "common/network_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "common/text.h"

namespace stateserver {

namespace {

// Returns the place of the colon before the port, or npos.
size_t PortColon(std::string_view address) {
  size_t colon = address.rfind(':');
  bool within_brackets = address.starts_with('[') && address.find(']') > colon;
  return within_brackets ? std::string_view::npos : colon;
}

}  // namespace

HostPort SplitHostPort(std::string_view address) {
  HostPort out;
  size_t colon = PortColon(address);
  std::string_view host = address.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    out.bracketed = true;
  }
  out.host = host;
  if (colon != std::string_view::npos) out.port = address.substr(colon + 1);
  return out;
}

bool IsPort(std::string_view text) {
  int port = 0;
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == std::string_view::npos &&
         std::from_chars(text.data(), text.data() + text.size(), port).ec == std::errc() &&
         port <= 65535;
}

std::string WithoutPort(std::string_view address) {
  return std::string(address.substr(0, PortColon(address)));
}

std::string WithPort(std::string_view address, int port) {
  return WithoutPort(address).append(":").append(std::to_string(port));
}

std::vector<std::string> PairHostsWithPorts(std::string_view hosts, std::string_view ports) {
  // Removes the first element of a list, unless it is the only one.
  auto pass = [](std::string_view* list) {
    size_t comma = list->find(',');
    if (comma == std::string_view::npos) return false;
    list->remove_prefix(comma + 1);
    return true;
  };
  std::vector<std::string> out;
  while (true) {
    std::string_view host = hosts.substr(0, hosts.find(','));
    std::string_view port = ports.substr(0, ports.find(','));
    bool is_ipv6 =
        host.find(':') != std::string_view::npos && host.front() != '[' && host.front() != '/';
    out.push_back(is_ipv6 ? Cat("[", host, "]:", port) : Cat(host, ":", port));
    if (!pass(&hosts)) return out;
    pass(&ports);
  }
}

bool IsLoopbackHost(std::string_view host) {
  if (EqualIgnoringCase(host, "localhost")) return true;
  const std::string text(host);
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string AddressGroup(std::string_view peer) {
  HostPort parts = SplitHostPort(peer);
  if (!parts.bracketed) return parts.host;
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, parts.host.c_str(), bytes.data()) != 1) return parts.host;
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return std::string(text.data()) + "/64";
}

}  // namespace stateserver
