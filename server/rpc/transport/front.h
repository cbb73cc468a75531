// SPDX-License-Identifier: Apache-2.0
//
// The listeners, through which every connection reaches gRPC.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
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
  // Addresses as for transport::Listen. `local_listen` and `proxy_listen` are plain text unix
  // sockets, or empty.
  std::string listen;
  std::string local_listen;
  std::string proxy_listen;
  // Returns the TLS context for each connection to `listen`; null means plain text.
  std::function<TlsContextPtr()> tls;
  int max_streams_per_connection = 100;
  absl::Duration handshake_timeout = absl::Seconds(20);
};

// Front accepts connections, limits their number, terminates TLS, and relays HTTP/2 to gRPC (see
// TrafficWatch). Call Start, StopAccepting and Stop in this order, from one thread.
class Front {
 public:
  // Binds the addresses, so that the port is known, but accepts nothing yet. `table`, `metrics` and
  // `log` must outlive this object. Returns ARGUMENT_INVALID, naming the address that is not
  // available.
  static absl::StatusOr<std::unique_ptr<Front>> Open(FrontOptions options, ConnectionTable& table,
                                                     telemetry::Metrics& metrics,
                                                     telemetry::LimitedLog& log);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // Starts accepting. `hand_over` takes ownership of sockets on which clients speak plain text
  // HTTP/2.
  void Start(std::function<void(int descriptor)> hand_over);
  // Closes the listening sockets. Existing connections continue.
  void StopAccepting();
  // Waits up to `limit` for connections to end, then closes them.
  void Stop(absl::Duration limit);

  // Returns 0 if `listen` is a unix socket.
  int bound_port() const { return sockets_[0].port; }

 private:
  struct Acceptor;

  Front(FrontOptions options, ConnectionTable& table, telemetry::Metrics& metrics,
        telemetry::LimitedLog& log);
  void Accept(const Acceptor& acceptor);
  void Admit(int socket, const Acceptor& acceptor);
  void ShedDescriptor(int listener);
  // `why` has details for the log, or is empty.
  void Report(CloseReason reason, const ClientConnection* connection, std::string_view why = "");

  const FrontOptions options_;
  ConnectionTable& table_;
  telemetry::Metrics& metrics_;
  telemetry::LimitedLog& log_;
  RelayEnvironment environment_;
  std::vector<ListeningSockets> sockets_;  // those of `listen` first
  // A reserve descriptor, closed when none is left to accept a connection.
  FileDescriptor spare_;
  std::vector<std::unique_ptr<RelayGroup>> groups_;
  size_t next_group_ = 0;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;  // on the first group's loop
};

}  // namespace stateserver::transport
