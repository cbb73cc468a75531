// SPDX-License-Identifier: Apache-2.0
//
// Heartbeats of the operations that run on this server.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/operations/heartbeat.h"
#include "server/platform/call_context.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/telemetry/periodic_task.h"
#include "server/rpc/running_calls.h"

namespace stateserver::app {

// OperationMonitor writes every two seconds how far each running operation is, so that every server
// can list them, and cancels the operations that somebody asked any server to cancel. Ignores
// errors: the next heartbeat tries again.
class OperationMonitor {
 public:
  // `server` is the name under which other servers list these operations.
  OperationMonitor(gateways::GatewayRegistry& gateways, rpc::RunningCalls& calls,
                   std::string server);
  ~OperationMonitor() { stopping_ = true; }
  OperationMonitor(const OperationMonitor&) = delete;
  OperationMonitor& operator=(const OperationMonitor&) = delete;

 private:
  struct Seen {
    std::string phase;
    int64_t done = 0;
    absl::Time when;
  };

  void Report();
  void ReportGateway(const gateways::Gateway& gateway, const std::vector<rpc::CallSnapshot>& calls);
  // Returns `done` per second since the last report of the same phase.
  double Rate(const rpc::CallSnapshot& call);

  gateways::GatewayRegistry& gateways_;
  rpc::RunningCalls& calls_;
  const std::string server_;
  std::atomic<bool> stopping_ = false;
  std::map<std::string, Seen> seen_;  // by operation
  telemetry::PeriodicTask task_;      // last member: its thread uses the others
};

}  // namespace stateserver::app
