// SPDX-License-Identifier: Apache-2.0
//
// Says in the audit trail how many refusals it does not describe.
#pragma once

#include "server/operations/refusal_limit.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::app {

// RefusalReporter writes once a minute, and at its end, one audit event for each principal and
// gateway with refusals that `refusals` only counted. What it cannot write is in the metrics alone.
class RefusalReporter {
 public:
  // Both outlive it.
  RefusalReporter(gateways::GatewayRegistry& gateways, operations::RefusalLimit& refusals);
  ~RefusalReporter() { Report(); }
  RefusalReporter(const RefusalReporter&) = delete;
  RefusalReporter& operator=(const RefusalReporter&) = delete;

 private:
  void Report();

  gateways::GatewayRegistry& gateways_;
  operations::RefusalLimit& refusals_;
  telemetry::PeriodicTask task_;  // last: its thread uses the others
};

}  // namespace stateserver::app
