// The gRPC server: where it listens, how, and the services it is given.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/codegen/service_type.h"
#include "grpcpp/server.h"
#include "server/rpc/tls_files.h"

namespace stateserver::rpc {

struct ServerOptions {
  // host:port, [ipv6]:port, :port (all interfaces) or unix:/path. Port 0 takes
  // a free one.
  std::string listen;
  // "unix:/path" beside it, in plain text whatever `tls` says; empty: none.
  std::string local_listen;
  int max_message_bytes = 4 << 20;
  // Calls at work at once, one thread each; more are refused by the library
  // with RESOURCE_EXHAUSTED.
  int max_threads = 200;
  int max_streams_per_connection = 100;
  // Of messages on their way, over all connections.
  int64_t memory_quota = 256 << 20;
  absl::Duration max_connection_age = absl::Minutes(30);
  absl::Duration min_ping_interval = absl::Seconds(10);
  // Absent: plain text. The files are read again every second, unchecked: see
  // TlsStore.
  std::optional<TlsFiles> tls;
  // With TlsFiles::client_ca: clients may also come without a certificate.
  bool client_certificate_optional = false;
  bool reflection = true;
};

class Server {
 public:
  // The services live longer than the server. ARGUMENT_INVALID says why it
  // cannot listen there.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const std::vector<grpc::Service*>& services);
  // As Shutdown with no time left.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // 0 on a unix socket.
  int bound_port() const { return bound_port_; }
  // As `listen`, with the port that was bound.
  std::string address() const;
  grpc::HealthCheckServiceInterface* health() { return server_->GetHealthCheckService(); }

  // Accepts nothing more, lets calls end until `limit` is over, then cancels
  // them; returns when all have ended.
  void Shutdown(absl::Duration limit);

 private:
  Server(std::string listen, std::unique_ptr<grpc::Server> server, int bound_port);

  const std::string listen_;
  std::unique_ptr<grpc::Server> server_;
  const int bound_port_;
};

}  // namespace stateserver::rpc
