// SPDX-License-Identifier: Apache-2.0
//
// The open connections, their limits and lookup.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "server/rpc/transport/token_bucket.h"

namespace stateserver::transport {

// Via is the listener that accepted a connection.
enum class Via {
  kNetwork,  // `listen` on HOST:PORT
  kLocal,    // a unix socket: `listen` or `local_listen`
  kProxy,    // `proxy_listen`: the proxy's headers name the caller
};

// ClientConnection is one client's connection. The constant members are set before a call can
// arrive on it; the rest is thread-safe.
struct ClientConnection {
  ClientConnection(uint64_t number, Via listener, std::string address)
      : id(number), via(listener), peer(std::move(address)) {}

  const uint64_t id;  // in the order of acceptance
  const Via via;
  // "10.0.0.7:51812", "[2001:db8::1]:51812", "unix".
  const std::string peer;
  // Names in the verified certificate, as NamesOf() returns them. The handshake writes them before
  // the first call.
  std::vector<std::string> certificate_names;
  // True once a call on this connection was authenticated. Such connections are closed last.
  std::atomic<bool> known = false;
  // Index of the relay group that owns it.
  size_t group = 0;
};

// CloseReason is the reason for which the server closes a connection.
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

// Returns the metric label, for example "too_many_cancelled_streams".
std::string_view CloseReasonName(CloseReason reason);

using ConnectionPtr = std::shared_ptr<ClientConnection>;

struct ConnectionLimits {
  // Maximum connections in total; the limit on open files may lower it.
  int max_connections = 1024;
  // Maximum connections per address group (see common/network_address.h), except for unix sockets.
  int max_per_address = 256;
  // Maximum connections per principal that are protected from being closed in favour of others.
  int max_known_per_principal = 128;
};

// ConnectionTable tracks the open connections. Thread-safe.
//
// When the table is full, a new connection replaces the oldest connection without an authenticated
// call. Clients that only hold connections therefore cannot lock others out.
class ConnectionTable {
 public:
  explicit ConnectionTable(ConnectionLimits limits);
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  struct Admission {
    ConnectionPtr connection;  // null if there is no room; `refused` is the reason
    CloseReason refused = CloseReason::kTooManyConnections;
    // Connections to close; already removed from the table.
    std::vector<std::pair<ConnectionPtr, CloseReason>> victims;
  };
  Admission Admit(Via via, const std::string& peer, absl::Time now);
  // Removes and returns the oldest connection that may be closed when descriptors run out, or null
  // if there is none.
  ConnectionPtr TakeOldestUnknown();
  void Remove(const ConnectionPtr& connection);

  // Returns the name of the connection's socket to gRPC, in Linux's abstract namespace. Other
  // processes cannot guess it.
  std::string SocketName(const ClientConnection& connection) const;
  // Finds a connection by the result of grpc::ServerContext::peer(). Returns null if the connection
  // has ended.
  ConnectionPtr Find(std::string_view grpc_peer) const;

  // Records that a call of `principal` on the connection was authenticated.
  void SetKnown(const ConnectionPtr& connection, const std::string& principal);

  // Charges streams (see TrafficWatch::TakeCharge) to the connection's address and to the total.
  // Returns how long to stop reading from the connection.
  absl::Duration Charge(const ClientConnection& connection, int streams, absl::Time now);

  int size() const;
  // Returns the maximum that the limit on open files currently allows.
  int capacity() const;

 private:
  struct Address {
    int connections = 0;
    std::set<uint64_t> unknown;
    TokenBucket cancelled;
    absl::Time used;
  };

  Address& AddressOf(const std::string& peer, absl::Time now);
  // Removes and returns the connection `id`.
  ConnectionPtr Evict(uint64_t id);
  void RemoveLocked(const ClientConnection& connection);
  void ForgetUnknown(const ClientConnection& connection);
  void ForgetIdleAddresses(absl::Time now);

  const ConnectionLimits limits_;
  const std::string prefix_;  // prefix of socket names

  mutable std::mutex mutex_;
  uint64_t last_id_ = 0;
  std::map<uint64_t, ConnectionPtr> connections_;
  std::set<uint64_t> unknown_;
  std::map<std::string, Address> addresses_;    // by address group
  std::map<uint64_t, std::string> principals_;  // principal of each known connection
  std::map<std::string, int> known_of_principal_;
  TokenBucket cancelled_;
};

// Raises the limit on open files to the hard limit, at most one million.
void RaiseOpenFileLimit();

}  // namespace stateserver::transport
