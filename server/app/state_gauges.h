// SPDX-License-Identifier: Apache-2.0
//
// The size of a gateway's state, for /metrics.
#pragma once

#include "absl/status/statusor.h"
#include "server/platform/call_context.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/telemetry/metrics.h"

namespace stateserver::app {

// Counts the rows of the state tables. All counts are 0 if the database has no state tables.
absl::StatusOr<telemetry::StateGauges> ReadStateGauges(const gateways::Gateway& gateway,
                                                       const CallContext& call);

}  // namespace stateserver::app
