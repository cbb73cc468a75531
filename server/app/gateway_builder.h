// SPDX-License-Identifier: Apache-2.0
//
// From configured gateways to usable ones.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/config/config.h"
#include "server/platform/embedded/embedded.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/telemetry/logger.h"

namespace stateserver::app {

// How the pools of a gateway are to be.
struct PoolSettings {
  int max_connections = 16;
  absl::Duration max_age;
  bool keeps_sessions = false;
  absl::Duration lost_connection_timeout;
  absl::Duration idle_transaction_timeout;
};

// Opens pools and starts embedded clusters; what an earlier Build() made and
// somebody still holds is used again. A cluster stops with the last gateway
// that uses it. Not thread-safe.
class GatewayBuilder {
 public:
  // `logger` lives longer than every gateway built.
  explicit GatewayBuilder(telemetry::Logger& logger) : logger_(logger) {}

  // Does not connect to databases: one that is down is for health to tell. An
  // embedded cluster that does not start is an error.
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
  // By what makes two connections the same.
  std::map<std::string, std::weak_ptr<Backend>> backends_;
};

}  // namespace stateserver::app
