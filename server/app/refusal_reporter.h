// SPDX-License-Identifier: Apache-2.0
//
// Audit events for refusals that were only counted.
#pragma once

#include "server/operations/refusal_limit.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::app {

// RefusalReporter writes, once a minute and on destruction, one audit event for each principal and
// gateway with refusals that `refusals` only counted. Refusals that it cannot write appear only in
// the metrics.
class RefusalReporter {
 public:
  // Both must outlive this object.
  RefusalReporter(gateways::GatewayRegistry& gateways, operations::RefusalLimit& refusals);
  ~RefusalReporter() { Report(); }
  RefusalReporter(const RefusalReporter&) = delete;
  RefusalReporter& operator=(const RefusalReporter&) = delete;

 private:
  void Report();

  gateways::GatewayRegistry& gateways_;
  operations::RefusalLimit& refusals_;
  telemetry::PeriodicTask task_;  // last member: its thread uses the others
};

}  // namespace stateserver::app
