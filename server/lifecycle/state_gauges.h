// The size of a gateway's state, for /metrics.
#pragma once

#include "absl/status/statusor.h"
#include "server/call_context.h"
#include "server/gateways/gateway.h"
#include "server/telemetry/metrics.h"

namespace stateserver::lifecycle {

// Counts rows; all 0 where the database holds no state tables.
absl::StatusOr<telemetry::StateGauges> ReadStateGauges(const gateways::Gateway& gateway,
                                                       const CallContext& call);

}  // namespace stateserver::lifecycle
