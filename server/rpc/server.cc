// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/server.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "common/error.h"
#include "common/network_address.h"
#include "grpc/grpc.h"
#include "grpc/health/v1/health.pb.h"
#include "grpc/support/log.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/server_interceptor.h"
#include "server/rpc/status.h"
#include "server/rpc/transport/listening_socket.h"

namespace stateserver::rpc {

namespace {

using grpc::experimental::InterceptionHookPoints;

// DamagedRequests turns the INTERNAL that gRPC returns for a request that is not a valid message,
// or whose text is not UTF-8, into ARGUMENT_INVALID. No method ever sees such a request.
class DamagedRequests final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* call) override;
};

constexpr int kKeepaliveTimeMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// Time for the first HTTP/2 frames.
constexpr int kHandshakeTimeoutMs = 20'000;
// Threads for calls that RunCall rejects.
constexpr int kSpareThreads = 32;
// Time after which connections without a call are closed.
constexpr int kMaxIdleMs = 30 * 60'000;
// Maximum bytes of a call's headers, including a token.
constexpr int kMaxMetadataBytes = 16 << 10;
// Time for the last bytes to reach clients after gRPC has closed its side.
constexpr absl::Duration kFlushLimit = absl::Seconds(1);
// Threads that wait for work; few are enough, because a call brings its own.
constexpr int kMinPollers = 1;
constexpr int kMaxPollers = 4;

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(
      std::min<int64_t>(absl::ToInt64Milliseconds(duration), std::numeric_limits<int>::max()));
}

void Configure(const ServerOptions& options, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(options.max_message_bytes);
  builder->SetMaxSendMessageSize(options.max_message_bytes);
  grpc::ResourceQuota quota("stateserver");
  quota.SetMaxThreads(options.max_threads + kSpareThreads);
  quota.Resize(static_cast<size_t>(options.memory_quota));
  builder->SetResourceQuota(quota);
  builder->SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, kMinPollers);
  builder->SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, kMaxPollers);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              Milliseconds(options.min_ping_interval));
  // Active calls continue; later ones use another connection, possibly to another replica.
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                              Milliseconds(options.max_connection_age));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kMaxIdleMs);
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams_per_connection);
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<DamagedRequests>());
  builder->experimental().SetInterceptorCreators(std::move(interceptors));
}

// Otherwise gRPC's last user would wait at its end for a thread that handles delayed writes, and
// that thread waits for ten seconds whether or not anything is left.
void KeepLibrary() {
  static const bool kept = [] {
    grpc_init();
    return true;
  }();
  (void)kept;
}

// Sets process-wide options that the builder reads.
void EnablePlugins() {
  grpc::EnableDefaultHealthCheckService(true);
  // The library serves health without its descriptor. Referring to the message links it in, for
  // reflection.
  grpc::health::v1::HealthCheckRequest::descriptor();
}

transport::FrontOptions FrontOptionsOf(const ServerOptions& options) {
  transport::FrontOptions front;
  front.listen = options.listen;
  front.local_listen = options.local_listen;
  front.proxy_listen = options.proxy_listen;
  front.tls = options.tls;
  front.max_streams_per_connection = options.max_streams_per_connection;
  front.handshake_timeout = options.handshake_timeout;
  return front;
}

class DamagedRequest final : public grpc::experimental::Interceptor {
 public:
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      grpc::Status status = methods->GetSendStatus();
      // This project's own INTERNAL errors have details.
      if (status.error_code() == grpc::StatusCode::INTERNAL && status.error_details().empty()) {
        methods->ModifySendStatus(ToGrpcStatus(
            Error(Reason::ARGUMENT_INVALID,
                  "The request is not a message of this method, or a text in it is not UTF-8.",
                  "Build requests from the .proto files of this release.")));
      }
    }
    methods->Proceed();
  }
};

// The library takes a plain function, so there is one per format instead of a logger in a global
// variable.
template <telemetry::LogFormat format>
void Write(gpr_log_func_args* args) {
  auto level = args->severity == GPR_LOG_SEVERITY_ERROR ? telemetry::LogLevel::kWarning
                                                        : telemetry::LogLevel::kInfo;
  std::string line = telemetry::FormatLogLine(format, level, args->message,
                                              {{"component", "grpc"}, {"file", args->file}});
  line.push_back('\n');
  // One write, so that lines of several threads are not interleaved.
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

grpc::experimental::Interceptor* DamagedRequests::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo*) {
  return new DamagedRequest();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const std::vector<grpc::Service*>& services,
                                                      const ServerSurroundings& surroundings) {
  ASSIGN_OR_RETURN(std::unique_ptr<transport::Front> front,
                   transport::Front::Open(FrontOptionsOf(options), surroundings.connections,
                                          surroundings.metrics, surroundings.log));
  auto out = std::unique_ptr<Server>(new Server(options.listen, std::move(front)));
  KeepLibrary();
  EnablePlugins();
  grpc::ServerBuilder builder;
  Configure(options, &builder);
  // TLS is terminated before: the front passes on plain text over a socket pair.
  out->acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  for (grpc::Service* service : services) builder.RegisterService(service);
  out->server_ = builder.BuildAndStart();
  if (out->server_ == nullptr) {
    return Error(Reason::INTERNAL, "gRPC does not start.",
                 "The log lines of component grpc above say why.");
  }
  out->front_->Start([acceptor = out->acceptor_.get()](int descriptor) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = descriptor;
    acceptor->HandleNewConnection(&connection);
  });
  return out;
}

Server::Server(std::string listen, std::unique_ptr<transport::Front> front)
    : listen_(std::move(listen)), front_(std::move(front)) {}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

std::string Server::address() const {
  if (transport::IsUnixAddress(listen_)) return listen_;
  return WithPort(listen_, bound_port());
}

void Server::Shutdown(absl::Duration limit) {
  front_->StopAccepting();
  if (server_ != nullptr) {
    server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(limit));
    server_->Wait();
  }
  front_->Stop(kFlushLimit);
}

void RouteGrpcLog(telemetry::LogFormat format) {
  gpr_set_log_function(format == telemetry::LogFormat::kJson ? Write<telemetry::LogFormat::kJson>
                                                             : Write<telemetry::LogFormat::kText>);
}

}  // namespace stateserver::rpc
