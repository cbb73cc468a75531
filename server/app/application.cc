// SPDX-License-Identifier: Apache-2.0

#include "server/app/application.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

#include "common/error.h"
#include "common/network_address.h"
#include "common/process_name.h"
#include "common/text.h"
#include "common/time.h"
#include "common/version.h"
#include "server/app/signals.h"
#include "server/app/state_gauges.h"
#include "server/app/summary.h"
#include "server/platform/auth/rules.h"
#include "server/platform/config/secret_files.h"
#include "server/rpc/operations/operations_service.h"
#include "server/rpc/reflection.h"
#include "server/rpc/server.h"
#include "server/rpc/sqlmesh/maintenance_service.h"
#include "server/rpc/sqlmesh/state_service.h"
#include "server/rpc/starrocks/revision_service.h"
#include "server/rpc/starrocks/schema_service.h"

namespace stateserver::app {

namespace {

using telemetry::LogLevel;

constexpr absl::Duration kHealthCheckLimit = absl::Seconds(3);
constexpr absl::Duration kSampleLimit = absl::Seconds(20);
// Time for calls to notice the cancellation and roll back, before their streams are broken.
constexpr absl::Duration kForcedLimit = absl::Seconds(3);
// Time for everything left after the calls have ended or were cancelled: a commit in progress, and
// the server's own checks of its databases.
constexpr absl::Duration kExitLimit = absl::Seconds(6);
// Stopping an embedded cluster has its own limits, which are shorter than this.
constexpr absl::Duration kCloseLimit = absl::Minutes(1);
// Time to send the last responses; watchers of health never end by themselves.
constexpr absl::Duration kFlushLimit = absl::Seconds(2);

// One principal can protect one in this many connections from being closed for others.
constexpr int kMostOfOnePrincipal = 4;

telemetry::LogFormat FormatOf(const config::Config& config) {
  return config.log.format == config::LogFormat::kJson ? telemetry::LogFormat::kJson
                                                       : telemetry::LogFormat::kText;
}

LogLevel LevelOf(const config::Config& config) {
  return telemetry::ParseLogLevel(config.log.level).value_or(LogLevel::kInfo);
}

transport::TlsFiles TlsFilesOf(const config::Tls& tls) {
  return {tls.cert, tls.key, tls.client_ca, tls.client_crl};
}

transport::ClientCertificates ClientsOf(const config::Tls& tls) {
  return tls.client_auth_optional ? transport::ClientCertificates::kOptional
                                  : transport::ClientCertificates::kRequired;
}

}  // namespace

Application::Application(const config::Config& config)
    : logger_(FormatOf(config), LevelOf(config)),
      metrics_(Version(), Commit()),
      started_with_(config),
      config_(config),
      connections_({config.limits.max_connections, config.limits.max_connections_per_address,
                    config.limits.max_connections / kMostOfOnePrincipal}) {}

absl::StatusOr<std::unique_ptr<Application>> Application::Start(const config::Config& config,
                                                                const Wiring& wiring) {
  rpc::RouteGrpcLog(FormatOf(config));
  auto application = std::unique_ptr<Application>(new Application(config));
  RETURN_IF_ERROR(application->Apply(config));
  RETURN_IF_ERROR(application->StartServer(wiring));
  application->StartMonitors(wiring);
  application->LogConfinement();
  return application;
}

Application::~Application() { Stop(); }

absl::StatusOr<rpc::ServerOptions> Application::ServerOptions() {
  const config::Config& config = started_with_;
  rpc::ServerOptions options;
  options.listen = config.listen;
  options.local_listen = config.local_listen;
  options.proxy_listen = config.proxy_listen;
  options.max_message_bytes = static_cast<int>(
      std::min<int64_t>(config.limits.max_message_bytes, std::numeric_limits<int>::max()));
  options.max_threads = config.limits.max_concurrent_calls;
  options.max_streams_per_connection = config.limits.max_streams_per_connection;
  options.memory_quota = config.limits.memory_quota;
  options.max_connection_age = config.limits.max_connection_age;
  options.min_ping_interval = config.limits.min_ping_interval;
  options.handshake_timeout = config.limits.handshake_timeout;
  if (config.tls.enabled()) {
    ASSIGN_OR_RETURN(tls_, transport::TlsStore::Open(TlsFilesOf(config.tls), ClientsOf(config.tls),
                                                     metrics_, logger_));
    options.tls = [this] { return tls_->context(); };
    environment_.revocation_problems = [this] { return tls_->revocation_problems(); };
  }
  return options;
}

void Application::MakeServices(const Wiring& wiring) {
  services_ = wiring.services(
      {gateways_, environment_, [this] { return Limits(); }, [this] { return Workers(); }});
  if (!started_with_.reflection) return;
  std::vector<std::string> names;
  for (std::string_view name : auth::ServiceNames()) {
    names.push_back(Cat(rpc::kPackage, ".", name));
  }
  for (auto& service : rpc::ReflectionServices(environment_, std::move(names))) {
    services_.push_back(std::move(service));
  }
}

absl::Status Application::StartServer(const Wiring& wiring) {
  const config::Config& config = started_with_;
  transport::RaiseOpenFileLimit();
  ASSIGN_OR_RETURN(rpc::ServerOptions options, ServerOptions());
  if (!config.metrics_listen.empty()) {
    ASSIGN_OR_RETURN(metrics_endpoint_,
                     transport::MetricsEndpoint::Start(
                         metrics_, config.metrics_listen,
                         {config.metrics_auth.user, config.metrics_auth.password.value}));
  }
  for (const auth::Rule& rule : auth::Rules()) {
    metrics_.ExpectMethod(rule.rpc.substr(rule.rpc.find('.') + 1));
  }
  MakeServices(wiring);
  std::vector<grpc::Service*> services;
  for (const auto& service : services_) services.push_back(service.get());
  ASSIGN_OR_RETURN(server_,
                   rpc::Server::Start(options, services, {connections_, metrics_, refused_log_}));
  return absl::OkStatus();
}

void Application::StartMonitors(const Wiring& wiring) {
  health_ = std::make_unique<rpc::HealthReporter>(
      server_->health(), metrics_, logger_,
      [this](const std::string& gateway) { return CheckGateway(gateway); },
      rpc::HealthReporter::Options());
  health_->SetGateways(StateGateways());
  // Ensures that health is known when "ready" is printed.
  health_->WaitChecked(kHealthCheckLimit);
  metrics_.OnScrape([this] {
    UpdatePoolGauges();
    metrics_.SetConnections(connections_.size(), connections_.capacity());
  });
  telemetry::StateSampler::Source source;
  source.gateways = [this] { return StateGateways(); };
  source.read = [this, read = wiring.state_gauges](
                    const std::string& name) -> absl::StatusOr<telemetry::StateGauges> {
    ASSIGN_OR_RETURN(gateways::GatewayPtr gateway, gateways_.FindState(name));
    return read(*gateway, InternalCall(kSampleLimit));
  };
  sampler_ = std::make_unique<telemetry::StateSampler>(metrics_, logger_, std::move(source));
  journals_ = std::make_unique<JournalMonitor>(gateways_, metrics_, logger_,
                                               [this] { return Limits().schema_lock_lease; });
  operations_ = std::make_unique<OperationMonitor>(gateways_, running_, ProcessName());
  refusal_reporter_ = std::make_unique<RefusalReporter>(gateways_, refusals_);
}

absl::Status Application::Apply(const config::Config& config) {
  ASSIGN_OR_RETURN(std::vector<gateways::Gateway> built, builder_.Build(config));
  ASSIGN_OR_RETURN(std::shared_ptr<auth::Authenticator> authenticator,
                   auth::Authenticator::Open(config.auth, metrics_, logger_));
  RETURN_IF_ERROR(ApplyTls(config.tls));
  gateways_.Replace(std::move(built));
  LogRemarks(config, logger_);
  logger_.set_level(LevelOf(config));
  std::lock_guard lock(config_mutex_);
  config_ = config;
  authenticator_.swap(authenticator);  // the old one is destroyed outside the lock
  return absl::OkStatus();
}

absl::Status Application::ApplyTls(const config::Tls& tls) {
  // The use of TLS and the requirement of client certificates were fixed when the listener was
  // created; LogNeedsRestart reports changes.
  bool same_kind = tls.enabled() && tls.client_ca.empty() == started_with_.tls.client_ca.empty();
  if (tls_ == nullptr || !same_kind) return absl::OkStatus();
  return tls_->SetFiles(TlsFilesOf(tls));
}

void Application::Reload(const absl::StatusOr<config::Config>& config) {
  absl::Status status = config.ok() ? Apply(*config) : config.status();
  if (!status.ok()) {
    logger_.Log(LogLevel::kError, "Reload failed; the previous configuration stays in use",
                ErrorFields(status));
    return;
  }
  health_->SetGateways(StateGateways());
  logger_.Log(LogLevel::kInfo, "Reloaded the configuration",
              {{"gateways", GatewayNames(gateways_)}});
  launcher_->Clear();
  LogConfinement();
  LogNeedsRestart(started_with_, *config, logger_);
}

CallContext Application::InternalCall(absl::Duration limit) const {
  CallContext call;
  call.principal = "stateserver";
  call.deadline = SteadyNow() + limit;
  call.cancelled = [this] { return stopping_.load(); };
  return call;
}

absl::Status Application::CheckGateway(const std::string& name) const {
  ASSIGN_OR_RETURN(gateways::GatewayPtr gateway, gateways_.FindState(name));
  ASSIGN_OR_RETURN(auto session, gateway->monitor_pool->Acquire(InternalCall(kHealthCheckLimit)));
  return session->Execute("SELECT 1");
}

void Application::UpdatePoolGauges() {
  for (const gateways::GatewayPtr& gateway : gateways_.All()) {
    if (gateway->pool == nullptr) continue;
    postgres::PoolStats stats = gateway->pool->stats();
    metrics_.SetPool(gateway->name, {stats.in_use, stats.waiting, gateway->max_connections,
                                     stats.opened, stats.waits, stats.waited});
  }
}

std::string Application::ReadyLine() const {
  std::string line =
      "stateserver " + std::string(Version()) + " listening on " + server_->address();
  if (metrics_endpoint_ != nullptr) {
    line +=
        ", metrics on " + WithPort(started_with_.metrics_listen, metrics_endpoint_->bound_port());
  }
  return line + ", gateways: " + GatewayNames(gateways_);
}

void Application::Force() { drain_.Force(); }

void Application::DrainCalls(absl::Duration grace) {
  drain_.Start();
  if (health_ != nullptr) health_->Shutdown();
  logger_.Log(LogLevel::kInfo, "Stopping: no new calls are accepted",
              {{"calls", drain_.in_flight()}, {"grace", absl::FormatDuration(grace)}});
  if (drain_.WaitIdle(grace)) return;
  logger_.Log(LogLevel::kWarning, "Stopping: cancelling the calls that still run",
              {{"calls", drain_.in_flight()}});
  drain_.Force();
  drain_.WaitIdleForced(kForcedLimit);
}

void Application::Stop() {
  if (std::exchange(stopped_, true)) return;
  if (server_ != nullptr) DrainCalls(config().limits.shutdown_grace);
  stopping_ = true;
  auto give_up = [this] {
    logger_.Log(LogLevel::kWarning,
                "Stopping: ended without waiting for a database that does not answer");
  };
  {
    ExitLimit limit(kExitLimit, give_up);
    StopServing();
  }
  ExitLimit limit(kCloseLimit, give_up);
  gateways_.Replace({});  // releases the last references to pools and embedded clusters
}

void Application::StopServing() {
  if (server_ != nullptr) {
    server_->Shutdown(kFlushLimit);
    logger_.Log(LogLevel::kInfo, "Stopping: every call has ended");
  }
  operations_.reset();
  refusal_reporter_.reset();  // its last events need the pools
  journals_.reset();
  sampler_.reset();
  health_.reset();
  metrics_endpoint_.reset();
  server_.reset();
  tls_.reset();
  services_.clear();
}

rpc::ServiceLimits Application::Limits() const {
  const config::Config config = this->config();
  rpc::ServiceLimits limits;
  limits.imports = {config.limits.max_concurrent_imports, config.limits.max_imports_per_gateway,
                    config.limits.max_imports_per_principal};
  limits.exports = {config.limits.max_concurrent_exports, config.limits.max_exports_per_gateway,
                    config.limits.max_exports_per_principal};
  // There is no separate limit per gateway.
  limits.schema_calls = {config.limits.max_concurrent_schema_calls,
                         config.limits.max_concurrent_schema_calls,
                         config.limits.max_schema_calls_per_principal};
  limits.max_message_bytes = config.limits.max_message_bytes;
  limits.lock_timeout = config.limits.lock_timeout;
  limits.schema_lock_lease = config.limits.schema_lock_lease;
  limits.restore_points_keep = config.restore_points.keep;
  limits.restore_points_max_age = config.restore_points.max_age;
  return limits;
}

rpc::SlotLimits Application::CallLimits() const {
  std::lock_guard lock(config_mutex_);
  const config::Limits& limits = config_.limits;
  // A change of max_concurrent_calls needs a restart, because it determines the number of threads.
  return {started_with_.limits.max_concurrent_calls, limits.max_calls_per_address,
          limits.max_calls_per_principal};
}

workers::Workers Application::Workers() {
  const config::Config config = this->config();
  workers::WorkersOptions options;
  options.rewrite_command = config.rewrite_worker;
  options.rewrite_pythons = config.rewrite_pythons;
  options.fingerprint_command = config.fingerprint_worker;
  options.timeout = config.limits.worker_timeout;
  options.memory_bytes = config.limits.worker_memory;
  options.files = {config.worker_paths, config::SecretFiles(config)};
  options.launcher = launcher_;
  options.log = [this](const std::string& line) { logger_.Log(LogLevel::kWarning, line); };
  return workers::Workers(std::move(options));
}

void Application::LogConfinement() {
  std::optional<workers::SandboxCheck> check = Workers().CheckFingerprints();
  if (!check.has_value()) return;
  if (!check->problem.empty()) {
    logger_.Log(LogLevel::kWarning, "The fingerprint worker does not start",
                {{"error", check->problem}, {"hint", "See docs/workers.md."}});
  } else if (check->confinement == Confinement::kNone) {
    logger_.Log(LogLevel::kWarning,
                "Workers are not confined: running the Python macros of a state needs admin",
                {{"refused", check->refused}, {"hint", "See docs/workers.md."}});
  } else {
    logger_.Log(LogLevel::kInfo, "Workers are confined",
                {{"confinement", ConfinementName(check->confinement)}});
  }
}

std::vector<std::string> Application::StateGateways() const {
  std::vector<std::string> names;
  for (const gateways::GatewayPtr& gateway : gateways_.All()) {
    if (gateway->pool != nullptr) names.push_back(gateway->name);
  }
  return names;
}

std::shared_ptr<auth::Authenticator> Application::authenticator() const {
  std::lock_guard lock(config_mutex_);
  return authenticator_;
}

config::Config Application::config() const {
  std::lock_guard lock(config_mutex_);
  return config_;
}

Wiring ProductWiring() {
  Wiring wiring;
  wiring.services = [](const rpc::ServiceContext& context) {
    Wiring::Services services;
    services.push_back(std::make_unique<rpc::StateServiceImpl>(context));
    services.push_back(std::make_unique<rpc::OperationsServiceImpl>(context));
    services.push_back(std::make_unique<rpc::MaintenanceServiceImpl>(context));
    services.push_back(std::make_unique<rpc::SchemaServiceImpl>(context));
    services.push_back(std::make_unique<rpc::RevisionServiceImpl>(context));
    return services;
  };
  wiring.state_gauges = ReadStateGauges;
  return wiring;
}

}  // namespace stateserver::app
