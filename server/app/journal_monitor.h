// SPDX-License-Identifier: Apache-2.0
//
// Monitoring of the journals of StarRocks revisions.
#pragma once

#include <atomic>
#include <functional>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "server/platform/call_context.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::app {

// JournalMonitor checks every gateway that has a state and a StarRocks connection. It checks once
// which statements of an interrupted run took effect in the live schema, and counts the remaining
// open statements periodically for /metrics. It retries after errors.
class JournalMonitor {
 public:
  JournalMonitor(gateways::GatewayRegistry& gateways, telemetry::Metrics& metrics,
                 telemetry::Logger& logger, std::function<absl::Duration()> lease,
                 absl::Duration interval = absl::Seconds(30));
  // Cancels the checks in progress.
  ~JournalMonitor() { stopping_ = true; }
  JournalMonitor(const JournalMonitor&) = delete;
  JournalMonitor& operator=(const JournalMonitor&) = delete;

 private:
  CallContext Internal() const;
  void Poll();
  void PollGateway(const gateways::Gateway& gateway);
  void RecoverOnce(const gateways::Gateway& gateway, const std::string& database);

  gateways::GatewayRegistry& gateways_;
  telemetry::Metrics& metrics_;
  telemetry::Logger& logger_;
  const std::function<absl::Duration()> lease_;
  std::atomic<bool> stopping_ = false;
  std::set<std::string> recovered_;  // "gateway/database"
  std::set<std::string> seen_;       // gateways whose journals were read
  telemetry::PeriodicTask task_;     // last member: its thread uses the others
};

}  // namespace stateserver::app
