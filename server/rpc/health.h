// SPDX-License-Identifier: Apache-2.0
//
// The service grpc.health.v1: "" is the process, "gateway/NAME" that gateway's database.
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

// HealthReporter checks every gateway on its own thread, so that one unresponsive database does not
// delay the others. Thread-safe.
class HealthReporter {
 public:
  struct Options {
    absl::Duration interval = absl::Seconds(5);
    // Interval to the next check after a failed one.
    absl::Duration interval_after_failure = absl::Seconds(1);
  };
  // Returns OK if the gateway's database responds. Must return within seconds.
  using Check = std::function<absl::Status(const std::string& gateway)>;

  // `service` is that of the running server and must outlive this object.
  HealthReporter(grpc::HealthCheckServiceInterface* service, telemetry::Metrics& metrics,
                 telemetry::Logger& logger, Check check, Options options);
  ~HealthReporter();
  HealthReporter(const HealthReporter&) = delete;
  HealthReporter& operator=(const HealthReporter&) = delete;

  // Sets the gateways to check from now on. A new gateway is NOT_SERVING until its first check
  // completes; a removed one stays NOT_SERVING.
  void SetGateways(const std::vector<std::string>& names);

  // Waits until each gateway was checked once. Returns false if `limit` passes first.
  bool WaitChecked(absl::Duration limit);

  // Sets everything except "liveness" to NOT_SERVING permanently. Does not wait for checks in
  // progress.
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
  std::map<std::string, std::unique_ptr<Probe>> probes_;  // last member: their threads use the
                                                          // others
};

}  // namespace stateserver::rpc
