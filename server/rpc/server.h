// SPDX-License-Identifier: Apache-2.0
//
// The gRPC server: where it listens, how, and the services it is given.
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
  // host:port, [ipv6]:port, :port (all interfaces) or unix:/path. Port 0 takes
  // a free one.
  std::string listen;
  // "unix:/path" beside it, in plain text whatever `tls` says; empty: none.
  std::string local_listen;
  // "unix:/path" for a proxy that says who calls (see rpc/caller.h); empty: none.
  std::string proxy_listen;
  int max_message_bytes = 4 << 20;
  // Calls at work at once, one thread each. RunCall refuses what is over its own limits,
  // which takes a moment of a thread, so the library has some more.
  int max_threads = 200;
  int max_streams_per_connection = 100;
  // Of messages on their way, over all connections.
  int64_t memory_quota = 256 << 20;
  absl::Duration max_connection_age = absl::Minutes(30);
  absl::Duration min_ping_interval = absl::Seconds(10);
  // For `listen`, asked at each connection: see TlsStore. Null: plain text.
  std::function<transport::TlsContextPtr()> tls;
  // From acceptance to a client's HTTP/2 preface, TLS included.
  absl::Duration handshake_timeout = absl::Seconds(20);
};

// Objects that outlive the server.
struct ServerSurroundings {
  transport::ConnectionTable& connections;
  telemetry::Metrics& metrics;
  telemetry::LimitedLog& log;
};

class Server {
 public:
  // The services live longer than the server. ARGUMENT_INVALID says why it
  // cannot listen there.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const std::vector<grpc::Service*>& services,
                                                       const ServerSurroundings& surroundings);
  // As Shutdown with no time left.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // 0 on a unix socket.
  int bound_port() const { return front_->bound_port(); }
  // As `listen`, with the port that was bound.
  std::string address() const;
  grpc::HealthCheckServiceInterface* health() { return server_->GetHealthCheckService(); }

  // Accepts nothing more, lets calls end until `limit` is over, then cancels
  // them; returns when all have ended.
  void Shutdown(absl::Duration limit);

 private:
  Server(std::string listen, std::unique_ptr<transport::Front> front);

  const std::string listen_;
  std::unique_ptr<transport::Front> front_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

// From now on gRPC writes its errors as log lines with the field
// component=grpc. Once per process, before the first server.
void RouteGrpcLog(telemetry::LogFormat format);

}  // namespace stateserver::rpc
