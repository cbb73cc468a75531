// SPDX-License-Identifier: Apache-2.0
//
// The dependencies of the services.
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

// ServiceLimits holds the configured limits that calls observe.
struct ServiceLimits {
  // A call over a limit fails with OVERLOADED.
  SlotLimits imports, exports, schema_calls;
  int64_t max_message_bytes = 4 << 20;
  // Maximum time a changing call waits for the gateway's lock and for the tables' locks.
  absl::Duration lock_timeout = absl::Seconds(10);
  // Time after which a warehouse lock expires if its server does not renew it.
  absl::Duration schema_lock_lease = absl::Seconds(15);
  // Restore points beyond this count or older than this age are removed.
  int restore_points_keep = 20;
  absl::Duration restore_points_max_age = absl::Hours(24 * 30);
};

// ServiceContext holds what the services refer to; all of it must outlive them.
struct ServiceContext {
  gateways::GatewayRegistry& gateways;
  RpcEnvironment& rpc;
  // Returns the current limits; a reload may change them. Thread-safe.
  std::function<ServiceLimits()> limits;
  // Returns the Python workers as currently configured. Thread-safe.
  std::function<workers::Workers()> workers;
  // Calls that parse files or compare schemas, shared by the two services that do so. Never null.
  std::shared_ptr<Slots> schema_calls = std::make_shared<Slots>("schema_calls");
};

}  // namespace stateserver::rpc
