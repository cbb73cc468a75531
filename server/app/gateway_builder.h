// SPDX-License-Identifier: Apache-2.0
//
// Construction of gateways from their configuration.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/config/config.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/telemetry/logger.h"

namespace stateserver::app {

// PoolSettings holds the settings of a gateway's pools.
struct PoolSettings {
  std::string gateway;  // for messages
  int max_connections = 16;
  absl::Duration max_age;
  bool keeps_sessions = false;
  absl::Duration lost_connection_timeout;
  absl::Duration idle_transaction_timeout;
};

// GatewayBuilder opens pools and starts embedded clusters. It reuses those from earlier Build()
// calls that are still in use. A cluster stops with the last gateway that uses it. Not thread-safe.
class GatewayBuilder {
 public:
  // `logger` must outlive every gateway built.
  explicit GatewayBuilder(telemetry::Logger& logger) : logger_(logger) {}

  // Builds the gateways without connecting to databases; health checks report databases that are
  // down. Returns an error if an embedded cluster does not start.
  absl::StatusOr<std::vector<gateways::Gateway>> Build(const config::Config& config);

 private:
  struct Backend;

  absl::StatusOr<gateways::Gateway> BuildOne(const config::Gateway& gateway,
                                             const config::Limits& limits, bool is_default);
  absl::StatusOr<std::shared_ptr<Backend>> FindBackend(const config::StateConnection& connection,
                                                       const PoolSettings& settings);
  absl::StatusOr<std::shared_ptr<Backend>> OpenBackend(const config::StateConnection& connection,
                                                       const PoolSettings& settings);

  telemetry::Logger& logger_;
  // Keyed by the properties that make two connections equal.
  std::map<std::string, std::weak_ptr<Backend>> backends_;
};

}  // namespace stateserver::app
