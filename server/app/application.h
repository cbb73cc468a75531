// SPDX-License-Identifier: Apache-2.0
//
// The running server, from the configuration to the exit.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/app/gateway_builder.h"
#include "server/app/journal_monitor.h"
#include "server/app/operation_monitor.h"
#include "server/app/refusal_reporter.h"
#include "server/platform/auth/authenticator.h"
#include "server/platform/call_context.h"
#include "server/platform/config/config.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"
#include "server/platform/telemetry/state_sampler.h"
#include "server/rpc/health.h"
#include "server/rpc/server.h"
#include "server/rpc/service_context.h"
#include "server/rpc/transport/connection_table.h"
#include "server/rpc/transport/metrics_endpoint.h"
#include "server/rpc/transport/tls_context.h"

namespace stateserver::app {

// Wiring holds the parts that main() provides.
struct Wiring {
  using Services = std::vector<std::unique_ptr<grpc::Service>>;
  std::function<Services(const rpc::ServiceContext&)> services;
  // Returns the size of a gateway's state, for /metrics.
  std::function<absl::StatusOr<telemetry::StateGauges>(const gateways::Gateway&,
                                                       const CallContext&)>
      state_gauges;
};

// Application is one running server. Call Start, then Reload any number of times, then Stop, all
// from one thread.
class Application {
 public:
  // Starts the server. Returns ARGUMENT_INVALID or another error if it cannot run.
  static absl::StatusOr<std::unique_ptr<Application>> Start(const config::Config& config,
                                                            const Wiring& wiring);
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // Returns one line with the version, the bound addresses and the gateways.
  std::string ReadyLine() const;

  // Applies gateways, limits, log level and certificate paths. Logs changes that need a restart. On
  // an error, everything stays unchanged.
  void Reload(const absl::StatusOr<config::Config>& config);

  // Sets health to NOT_SERVING and rejects new calls. Running calls get the grace period and are
  // then cancelled. Closes pools and embedded clusters. Work that does not end because a database
  // does not respond ends with the process, within seconds after the grace period.
  void Stop();
  // Ends the grace period of a Stop() in progress. May be called from any thread.
  void Force();

 private:
  explicit Application(const config::Config& config);

  // Applies the settings that a reload may change: gateways, certificate paths, log level and
  // limits.
  absl::Status Apply(const config::Config& config);
  absl::Status ApplyTls(const config::Tls& tls);
  absl::Status StartServer(const Wiring& wiring);
  absl::StatusOr<rpc::ServerOptions> ServerOptions();
  void MakeServices(const Wiring& wiring);
  void StartMonitors(const Wiring& wiring);
  absl::Status CheckGateway(const std::string& name) const;
  // Returns the context of one of the server's own calls, which is cancelled as soon as the server
  // stops.
  CallContext InternalCall(absl::Duration limit) const;
  void UpdatePoolGauges();
  void DrainCalls(absl::Duration grace);
  void StopServing();
  rpc::ServiceLimits Limits() const;
  rpc::SlotLimits CallLimits() const;
  workers::Workers Workers();
  // Logs how workers are confined, if their processes may run macros of a state.
  void LogConfinement();
  std::vector<std::string> StateGateways() const;
  config::Config config() const;
  std::shared_ptr<auth::Authenticator> authenticator() const;

  telemetry::Logger logger_;
  telemetry::Metrics metrics_;
  rpc::Drain drain_;
  gateways::GatewayRegistry gateways_;
  GatewayBuilder builder_{logger_};
  const std::shared_ptr<workers::Launcher> launcher_ = std::make_shared<workers::Launcher>();

  // The configuration that the listeners were created with.
  const config::Config started_with_;
  mutable std::mutex config_mutex_;
  config::Config config_;
  std::shared_ptr<auth::Authenticator> authenticator_;

  transport::ConnectionTable connections_;
  rpc::Slots calls_{"calls", "address"};
  rpc::RunningCalls running_;
  telemetry::LimitedLog refused_log_{logger_, metrics_};
  operations::RefusalLimit refusals_{
      [this](std::string_view gateway) { metrics_.RefusalNotRecorded(gateway); }};
  // Declared after the configuration that it reads.
  rpc::StallWatch stalls_{[this] { return config().limits.stream_idle_timeout; }};
  rpc::RpcEnvironment environment_{metrics_,
                                   logger_,
                                   drain_,
                                   [this] { return authenticator(); },
                                   stalls_,
                                   [this] { return config().limits.max_call_time; },
                                   [this] { return config().limits.read_timeout; },
                                   [this] { return config().log.slow_call; },
                                   running_,
                                   connections_,
                                   calls_,
                                   [this] { return CallLimits(); },
                                   refused_log_,
                                   refusals_};

  Wiring::Services services_;
  std::unique_ptr<transport::TlsStore> tls_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::HealthReporter> health_;
  std::unique_ptr<telemetry::StateSampler> sampler_;
  std::unique_ptr<JournalMonitor> journals_;
  std::unique_ptr<OperationMonitor> operations_;
  std::unique_ptr<RefusalReporter> refusal_reporter_;
  std::unique_ptr<transport::MetricsEndpoint> metrics_endpoint_;
  bool stopped_ = false;
  std::atomic<bool> stopping_ = false;
};

// Returns the services of this program.
Wiring ProductWiring();

}  // namespace stateserver::app
