// SPDX-License-Identifier: Apache-2.0
//
// grpc.health.v1: "" is the process, "gateway/NAME" that gateway's database.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/health_check_service_interface.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::rpc {

// Checks every gateway in a thread of its own, so that one that hangs does not
// hold up the others. Thread-safe.
class HealthReporter {
 public:
  struct Options {
    absl::Duration interval = absl::Seconds(5);
    // Until the next check while the last one failed.
    absl::Duration interval_after_failure = absl::Seconds(1);
  };
  // OK when the gateway's database answers. Must come back within seconds.
  using Check = std::function<absl::Status(const std::string& gateway)>;

  // `service` is that of the running server and lives longer.
  HealthReporter(grpc::HealthCheckServiceInterface* service, telemetry::Metrics& metrics,
                 telemetry::Logger& logger, Check check, Options options);
  ~HealthReporter();
  HealthReporter(const HealthReporter&) = delete;
  HealthReporter& operator=(const HealthReporter&) = delete;

  // The gateways to check from now on. A new one is NOT_SERVING until its
  // first check is done; one that is gone stays NOT_SERVING.
  void SetGateways(const std::vector<std::string>& names);

  // Waits until each gateway was checked once; false when the time is over first.
  bool WaitChecked(absl::Duration limit);

  // Everything but "liveness" is NOT_SERVING for good. Does not wait for checks
  // under way.
  void Shutdown();

 private:
  enum class State { kUnknown, kUp, kDown };
  struct Probe;

  absl::Duration CheckOne(Probe& probe);
  void SetChecked(const std::string& gateway);
  void Report(Probe& probe, const absl::Status& status);
  void SetServing(const std::string& gateway, bool serving);

  grpc::HealthCheckServiceInterface* const service_;
  telemetry::Metrics& metrics_;
  telemetry::Logger& logger_;
  const Check check_;
  const Options options_;

  std::mutex serving_mutex_;
  bool shut_down_ = false;

  std::mutex unchecked_mutex_;
  std::condition_variable checked_;
  std::set<std::string> unchecked_;

  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Probe>> probes_;  // last: their threads use the others
};

}  // namespace stateserver::rpc
