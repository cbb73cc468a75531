// SPDX-License-Identifier: Apache-2.0
//
// The listeners: every connection to gRPC comes in here.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/telemetry/limited_log.h"
#include "server/platform/telemetry/metrics.h"
#include "server/rpc/transport/connection_table.h"
#include "server/rpc/transport/listening_socket.h"
#include "server/rpc/transport/relay.h"

namespace stateserver::transport {

struct FrontOptions {
  // As transport::Listen; `local_listen` and `proxy_listen` are unix sockets, in plain
  // text, or empty.
  std::string listen;
  std::string local_listen;
  std::string proxy_listen;
  // For `listen`, asked at each connection; null: plain text.
  std::function<TlsContextPtr()> tls;
  int max_streams_per_connection = 100;
  absl::Duration handshake_timeout = absl::Seconds(20);
};

// Accepts, bounds the number of connections, ends TLS, and relays HTTP/2 to gRPC (see
// TrafficWatch). Start, StopAccepting, Stop: in this order, from one thread.
class Front {
 public:
  // Binds, so that the port is known; accepts nothing yet. `table`, `metrics` and `log`
  // live longer. ARGUMENT_INVALID names the address that cannot be had.
  static absl::StatusOr<std::unique_ptr<Front>> Open(FrontOptions options, ConnectionTable& table,
                                                     telemetry::Metrics& metrics,
                                                     telemetry::LimitedLog& log);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // `hand_over` takes over sockets on which clients speak HTTP/2 in plain text.
  void Start(std::function<void(int descriptor)> hand_over);
  // Closes the listening sockets. Connections go on.
  void StopAccepting();
  // Waits up to `limit` for connections to end, then ends them.
  void Stop(absl::Duration limit);

  // 0 where `listen` is a unix socket.
  int bound_port() const { return sockets_[0].port; }

 private:
  struct Acceptor;

  Front(FrontOptions options, ConnectionTable& table, telemetry::Metrics& metrics,
        telemetry::LimitedLog& log);
  void Accept(const Acceptor& acceptor);
  void Admit(int socket, const Acceptor& acceptor);
  void ShedDescriptor(int listener);
  void Report(CloseReason reason, const ClientConnection* connection);

  const FrontOptions options_;
  ConnectionTable& table_;
  telemetry::Metrics& metrics_;
  telemetry::LimitedLog& log_;
  RelayEnvironment environment_;
  std::vector<ListeningSockets> sockets_;  // of `listen` first
  // Kept open to be given up when a connection cannot be accepted for want of one.
  FileDescriptor spare_;
  std::vector<std::unique_ptr<RelayGroup>> groups_;
  size_t next_group_ = 0;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;  // of the first group's loop
};

}  // namespace stateserver::transport
