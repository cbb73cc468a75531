// SPDX-License-Identifier: Apache-2.0

#include "common/network_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace stateserver {

std::string AddressGroup(std::string_view peer) {
  std::string address(peer);
  size_t colon = address.rfind(':');
  if (colon != std::string::npos) address.resize(colon);
  if (address.size() < 2 || address.front() != '[' || address.back() != ']') return address;
  address = address.substr(1, address.size() - 2);
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return std::string(text.data()) + "/64";
}

}  // namespace stateserver
