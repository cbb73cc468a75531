// SPDX-License-Identifier: Apache-2.0
//
// What the services are made with.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/workers/workers.h"
#include "server/rpc/call.h"
#include "server/rpc/slots.h"

namespace stateserver::rpc {

// Limits of the configuration that calls obey.
struct ServiceLimits {
  // One more is OVERLOADED.
  SlotLimits imports, exports, schema_calls;
  int64_t max_message_bytes = 4 << 20;
  // How long a changing call waits for the gateway's lock and for the tables'.
  absl::Duration lock_timeout = absl::Seconds(10);
  // How long a warehouse's lock stays without a sign of life of its server.
  absl::Duration schema_lock_lease = absl::Seconds(15);
  // Restore points over this count or older than this age are removed.
  int restore_points_keep = 20;
  absl::Duration restore_points_max_age = absl::Hours(24 * 30);
};

// The services live as long as everything they refer to.
struct ServiceContext {
  gateways::GatewayRegistry& gateways;
  RpcEnvironment& rpc;
  // The limits as of now: a reload may change them. Thread-safe.
  std::function<ServiceLimits()> limits;
  // The Python workers as the configuration has them now. Thread-safe.
  std::function<workers::Workers()> workers;
  // Calls that parse files or compare schemas, of both services that do. Never null.
  std::shared_ptr<Slots> schema_calls = std::make_shared<Slots>("schema_calls");
};

}  // namespace stateserver::rpc
