// SPDX-License-Identifier: Apache-2.0
//
// The databases this server works for, by name.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/config/config.h"
#include "server/platform/postgres/pool.h"

namespace stateserver::gateways {

// One gateway of the configuration, as it is shown and used. Never changed
// once it is in the registry: a reload makes new ones, which may share a pool.
struct Gateway {
  std::string name;
  bool is_default = false;
  // "postgres" or "embedded"; empty where the gateway has only a warehouse.
  std::string state_type;
  // As the caller would connect. `host` is a folder for a unix socket.
  std::string host;
  int port = 0;
  std::string database;
  std::string user;
  std::string state_schema = "sqlmesh";
  // For example "starrocks"; empty when there is none.
  std::string warehouse_type;
  // Of type starrocks, the only one that is used.
  std::optional<config::Warehouse> warehouse;
  // Null where the gateway has no state.
  std::shared_ptr<postgres::Pool> pool;
  int max_connections = 0;
  // A hot standby to export from, and how old its answer may be; null: there is none.
  std::shared_ptr<postgres::Pool> replica_pool;
  absl::Duration max_staleness;
  // Two connections for health and gauges alone, so that a pool whose
  // connections are all at work does not look like a database that is down.
  std::shared_ptr<postgres::Pool> monitor_pool;
};

using GatewayPtr = std::shared_ptr<const Gateway>;

// Thread-safe. A caller keeps the gateway it found, and with it the pool, for
// as long as it works, whatever a reload does meanwhile.
class GatewayRegistry {
 public:
  GatewayRegistry() = default;
  GatewayRegistry(const GatewayRegistry&) = delete;
  GatewayRegistry& operator=(const GatewayRegistry&) = delete;

  // An empty name means the default gateway. GATEWAY_NOT_FOUND names those
  // there are.
  absl::StatusOr<GatewayPtr> Find(std::string_view name) const;
  // As Find; GATEWAY_NOT_FOUND also where the gateway has no state.
  absl::StatusOr<GatewayPtr> FindState(std::string_view name) const;
  // As Find; WAREHOUSE_MISSING where the gateway has no StarRocks connection.
  absl::StatusOr<GatewayPtr> FindWarehouse(std::string_view name) const;
  // By name.
  std::vector<GatewayPtr> All() const;
  // Takes the place of all gateways at once.
  void Replace(std::vector<Gateway> gateways);

 private:
  using Map = std::map<std::string, GatewayPtr, std::less<>>;
  std::shared_ptr<const Map> Snapshot() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Map> gateways_ = std::make_shared<Map>();
};

}  // namespace stateserver::gateways
