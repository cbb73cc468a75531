// SPDX-License-Identifier: Apache-2.0
//
// The gRPC server: its listeners, settings and services.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/codegen/service_type.h"
#include "grpcpp/server.h"
#include "server/platform/telemetry/limited_log.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"
#include "server/rpc/transport/front.h"

namespace grpc::experimental {
class ExternalConnectionAcceptor;
}

namespace stateserver::rpc {

struct ServerOptions {
  // host:port, [ipv6]:port, :port (all interfaces) or unix:/path. Port 0 selects a free port.
  std::string listen;
  // An additional "unix:/path" listener, in plain text regardless of `tls`; empty if unused.
  std::string local_listen;
  // "unix:/path" for a proxy that names its callers (see rpc/caller.h); empty if unused.
  std::string proxy_listen;
  int max_message_bytes = 4 << 20;
  // Maximum concurrent calls, one thread each. RunCall rejects calls over its own limits, which
  // briefly needs a thread, so the library gets some spare threads.
  int max_threads = 200;
  int max_streams_per_connection = 100;
  // Maximum bytes of messages in transit over all connections.
  int64_t memory_quota = 256 << 20;
  absl::Duration max_connection_age = absl::Minutes(30);
  absl::Duration min_ping_interval = absl::Seconds(10);
  // Returns the TLS context for each connection to `listen`: see TlsStore. Null means plain text.
  std::function<transport::TlsContextPtr()> tls;
  // Maximum time from accepting a connection to the client's HTTP/2 preface, including TLS.
  absl::Duration handshake_timeout = absl::Seconds(20);
};

// ServerSurroundings holds objects that outlive the server.
struct ServerSurroundings {
  transport::ConnectionTable& connections;
  telemetry::Metrics& metrics;
  telemetry::LimitedLog& log;
};

class Server {
 public:
  // Starts the server. The services must outlive it. Returns ARGUMENT_INVALID if it cannot listen
  // at an address.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const std::vector<grpc::Service*>& services,
                                                       const ServerSurroundings& surroundings);
  // Calls Shutdown with a zero limit.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Returns 0 on a unix socket.
  int bound_port() const { return front_->bound_port(); }
  // Returns `listen` with the port that was bound.
  std::string address() const;
  grpc::HealthCheckServiceInterface* health() { return server_->GetHealthCheckService(); }

  // Stops accepting connections, lets calls end until `limit` has passed, then cancels them.
  // Returns when all have ended.
  void Shutdown(absl::Duration limit);

 private:
  Server(std::string listen, std::unique_ptr<transport::Front> front);

  const std::string listen_;
  std::unique_ptr<transport::Front> front_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

// Makes gRPC write its errors as log lines with the field component=grpc. Call once per process,
// before the first server.
void RouteGrpcLog(telemetry::LogFormat format);

}  // namespace stateserver::rpc
