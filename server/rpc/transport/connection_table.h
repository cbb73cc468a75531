// SPDX-License-Identifier: Apache-2.0
//
// The connections there are: how many there may be, and how they are found.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "server/rpc/transport/token_bucket.h"

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

// Why the server closes a connection.

enum class CloseReason {
  kHandshakeTimeout,
  kHandshakeFailed,
  kNotHttp2,
  kTooManyCancelledStreams,
  kTooManyControlFrames,
  kTooManyStreams,
  kHeadersTooLarge,
  kUnansweredStream,
  kTooManyConnections,
  kTooManyConnectionsOfAddress,
  kNoDescriptors,
};
inline constexpr int kCloseReasons = static_cast<int>(CloseReason::kNoDescriptors) + 1;

// As the metric's label has it, for example "too_many_cancelled_streams".
std::string_view CloseReasonName(CloseReason reason);

using ConnectionPtr = std::shared_ptr<ClientConnection>;

struct ConnectionLimits {
  // In all; the limit on open files may allow fewer.
  int max_connections = 1024;
  // From one address group (see common/network_address.h), sockets of this machine aside.
  int max_per_address = 256;
  // That one principal keeps from being closed in favour of others.
  int max_known_per_principal = 128;
};

// Thread-safe.
//
// A newcomer is let in as long as there is an older connection over which nobody known
// has called: that one is closed in its favour. So those who only hold connections keep
// nobody out.
class ConnectionTable {
 public:
  explicit ConnectionTable(ConnectionLimits limits);
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  struct Admission {
    ConnectionPtr connection;  // null: no room; `refused` says why
    CloseReason refused = CloseReason::kTooManyConnections;
    // To be closed, out of the table already.
    std::vector<std::pair<ConnectionPtr, CloseReason>> victims;
  };
  Admission Admit(Via via, const std::string& peer, absl::Time now);
  // The oldest connection that may be closed when descriptors run out; null without one.
  ConnectionPtr TakeOldestUnknown();
  void Remove(const ConnectionPtr& connection);

  // The name under which gRPC is to know the connection's socket, in Linux's abstract
  // namespace: no other process can guess it.
  std::string SocketName(const ClientConnection& connection) const;
  // By what grpc::ServerContext::peer() says; null where the connection has ended.
  ConnectionPtr Find(std::string_view grpc_peer) const;

  // A call over it was let in for `principal`.
  void SetKnown(const ConnectionPtr& connection, const std::string& principal);

  // Charges streams (see TrafficWatch::TakeCharge) to the connection's address and to all.
  // How long the connection is not to be read from.
  absl::Duration Charge(const ClientConnection& connection, int streams, absl::Time now);

  int size() const;
  // As the limit on open files allows now.
  int capacity() const;

 private:
  struct Address {
    int connections = 0;
    std::set<uint64_t> unknown;
    TokenBucket cancelled;
    absl::Time used;
  };

  Address& AddressOf(const std::string& peer, absl::Time now);
  // Takes the oldest of `ids` out of the table.
  ConnectionPtr Evict(uint64_t id);
  void RemoveLocked(const ClientConnection& connection);
  void ForgetUnknown(const ClientConnection& connection);
  void ForgetIdleAddresses(absl::Time now);

  const ConnectionLimits limits_;
  const std::string prefix_;  // of socket names

  mutable std::mutex mutex_;
  uint64_t last_id_ = 0;
  std::map<uint64_t, ConnectionPtr> connections_;
  std::set<uint64_t> unknown_;
  std::map<std::string, Address> addresses_;    // by address group
  std::map<uint64_t, std::string> principals_;  // of known connections
  std::map<std::string, int> known_of_principal_;
  TokenBucket cancelled_;
};

// Lets the process open as many files as its hard limit allows, a million at most.
void RaiseOpenFileLimit();

}  // namespace stateserver::transport
