#include "server/rpc/server.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string_view>
#include <utility>

#include "common/error.h"
#include "grpc/health/v1/health.pb.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/impl/server_builder_plugin.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "grpcpp/server_builder.h"
#include "server/rpc/damaged_requests.h"
#include "server/rpc/listen_address.h"

namespace stateserver::rpc {
namespace {

constexpr unsigned kCertificateRefreshSeconds = 1;
constexpr int kKeepaliveTimeMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// For TLS and the first HTTP/2 frames.
constexpr int kHandshakeTimeoutMs = 20'000;
// Connections without a call are closed after this.
constexpr int kMaxIdleMs = 30 * 60'000;
// Of a call's headers, a token among them.
constexpr int kMaxMetadataBytes = 16 << 10;
// Threads that wait for work: few, for a call brings its own.
constexpr int kMinPollers = 1;
constexpr int kMaxPollers = 4;

std::shared_ptr<grpc::ServerCredentials> TlsCredentials(const TlsFiles& files,
                                                        bool certificate_optional) {
  auto provider = files.client_ca.empty()
                      ? std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
                            files.key, files.cert, kCertificateRefreshSeconds)
                      : std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
                            files.key, files.cert, files.client_ca, kCertificateRefreshSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (files.client_ca.empty()) {
    options.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  } else {
    options.watch_root_certs();
    options.set_cert_request_type(certificate_optional
                                      ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
                                      : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ServerCredentials> Credentials(const ServerOptions& options) {
  return options.tls.has_value() ? TlsCredentials(*options.tls, options.client_certificate_optional)
                                 : grpc::InsecureServerCredentials();
}

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(
      std::min<int64_t>(absl::ToInt64Milliseconds(duration), std::numeric_limits<int>::max()));
}

// ":7433" means every interface.
std::string ForGrpc(const std::string& listen) {
  return listen.rfind(':', 0) == 0 ? "[::]" + listen : listen;
}

// The reflection library adds itself to every server as soon as it is linked.
class WithoutReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins, [](const auto& plugin) {
      return std::string_view(plugin->name()) == "proto_server_reflection";
    });
  }
};

void Configure(const ServerOptions& options, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(options.max_message_bytes);
  builder->SetMaxSendMessageSize(options.max_message_bytes);
  grpc::ResourceQuota quota("stateserver");
  quota.SetMaxThreads(options.max_threads);
  quota.Resize(static_cast<size_t>(options.memory_quota));
  builder->SetResourceQuota(quota);
  builder->SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, kMinPollers);
  builder->SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, kMaxPollers);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              Milliseconds(options.min_ping_interval));
  // Calls under way go on; the next ones find another connection, maybe to
  // another replica.
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                              Milliseconds(options.max_connection_age));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kMaxIdleMs);
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams_per_connection);
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<DamagedRequests>());
  builder->experimental().SetInterceptorCreators(std::move(interceptors));
  if (!options.reflection) builder->SetOption(std::make_unique<WithoutReflection>());
  // Else a second server would share the port, and the calls, in silence.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

// Switches of the whole process that the builder reads.
void EnablePlugins() {
  grpc::EnableDefaultHealthCheckService(true);
  // The library serves health without its descriptor; naming the message links
  // it in, for reflection.
  grpc::health::v1::HealthCheckRequest::descriptor();
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const std::vector<grpc::Service*>& services) {
  RETURN_IF_ERROR(CheckListenAddress(options.listen));
  EnablePlugins();
  grpc::ServerBuilder builder;
  Configure(options, &builder);
  int port = 0;
  int local_port = 0;
  builder.AddListeningPort(ForGrpc(options.listen), Credentials(options), &port);
  if (!options.local_listen.empty()) {
    RETURN_IF_ERROR(CheckListenAddress(options.local_listen));
    builder.AddListeningPort(options.local_listen, grpc::InsecureServerCredentials(), &local_port);
  }
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server != nullptr && port != 0 && local_port == 0 && !options.local_listen.empty()) {
    return Error(Reason::ARGUMENT_INVALID, "Cannot listen on " + options.local_listen + ".",
                 "The log lines of component grpc above say why.", {{"field", "local_listen"}});
  }
  if (server == nullptr || port == 0) {
    RETURN_IF_ERROR(CheckListenAddress(options.listen));
    return Error(Reason::ARGUMENT_INVALID, "Cannot listen on " + options.listen + ".",
                 "The log lines of component grpc above say why.", {{"field", "listen"}});
  }
  if (IsUnixAddress(options.listen)) port = 0;
  return std::unique_ptr<Server>(new Server(options.listen, std::move(server), port));
}

Server::Server(std::string listen, std::unique_ptr<grpc::Server> server, int bound_port)
    : listen_(std::move(listen)), server_(std::move(server)), bound_port_(bound_port) {}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

std::string Server::address() const {
  if (IsUnixAddress(listen_)) return listen_;
  return listen_.substr(0, listen_.rfind(':') + 1) + std::to_string(bound_port_);
}

void Server::Shutdown(absl::Duration limit) {
  server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(limit));
  server_->Wait();
}

}  // namespace stateserver::rpc
