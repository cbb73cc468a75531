// SPDX-License-Identifier: Apache-2.0
//
// The connection of a client, as the calls over it may see it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace stateserver::transport {

// Which listener accepted a connection.
enum class Via {
  kNetwork,  // `listen` on HOST:PORT
  kLocal,    // a unix socket: `listen` or `local_listen`
  kProxy,    // `proxy_listen`: who calls is what the proxy's headers say
};

// One client's connection. The constant members are set before a call can come over it;
// the rest is thread-safe.
struct ClientConnection {
  ClientConnection(uint64_t number, Via listener, std::string address)
      : id(number), via(listener), peer(std::move(address)) {}

  const uint64_t id;  // in the order of acceptance
  const Via via;
  // "10.0.0.7:51812", "[2001:db8::1]:51812", "unix".
  const std::string peer;
  // The names in the verified certificate: subject alternative names,
  // then the common name. Written by the handshake, before calls.
  std::vector<std::string> certificate_names;
  // True once a call over it was let in. Such connections are closed last.
  std::atomic<bool> known = false;
  // Index of the group of relays that has it.
  size_t group = 0;
};

}  // namespace stateserver::transport
