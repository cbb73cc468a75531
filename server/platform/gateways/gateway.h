// SPDX-License-Identifier: Apache-2.0
//
// The databases that this server works for, by name.
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

// Gateway is one gateway of the configuration. It is immutable once it is in the registry; a reload
// creates new gateways, which may share a pool with the old ones.
struct Gateway {
  std::string name;
  bool is_default = false;
  // "postgres" or "embedded"; empty if the gateway has no state that is served.
  std::string state_type;
  // The type of the connection that holds the state, such as "duckdb", if it is not served.
  std::string unserved_state_type;
  // How to make the server serve it.
  std::string unserved_state_hint;
  // Connection parameters as a caller would use them. `host` is a folder for a unix socket, or a
  // list; `port` is that of the first host.
  std::string host;
  int port = 0;
  // Each host with its port; empty for an embedded cluster.
  std::vector<std::string> addresses;
  std::string database;
  std::string user;
  std::string state_schema = "sqlmesh";
  // See config::Gateway.
  std::string rewrite_python;
  // For example "starrocks"; empty if the gateway has no warehouse.
  std::string warehouse_type;
  // Set only for type starrocks, the only type that is used.
  std::optional<config::Warehouse> warehouse;
  // Null if the gateway has no state.
  std::shared_ptr<postgres::Pool> pool;
  int max_connections = 0;
  // A hot standby to export from, and the maximum age of its data; null if not configured.
  std::shared_ptr<postgres::Pool> replica_pool;
  absl::Duration max_staleness;
  // Two connections reserved for health checks and gauges. Without them, a pool whose connections
  // are all in use would look like a database that is down.
  std::shared_ptr<postgres::Pool> monitor_pool;
};

using GatewayPtr = std::shared_ptr<const Gateway>;

// GatewayRegistry holds the current gateways. A caller that found a gateway can use it and its pool
// for as long as it keeps the pointer, even across a reload. Thread-safe.
class GatewayRegistry {
 public:
  GatewayRegistry() = default;
  GatewayRegistry(const GatewayRegistry&) = delete;
  GatewayRegistry& operator=(const GatewayRegistry&) = delete;

  // Finds a gateway; an empty name means the default gateway. Returns GATEWAY_NOT_FOUND, naming the
  // existing gateways.
  absl::StatusOr<GatewayPtr> Find(std::string_view name) const;
  // Works like Find, and also returns GATEWAY_NOT_FOUND if the gateway has no state.
  absl::StatusOr<GatewayPtr> FindState(std::string_view name) const;
  // Works like Find, and also returns WAREHOUSE_MISSING if the gateway has no StarRocks connection.
  absl::StatusOr<GatewayPtr> FindWarehouse(std::string_view name) const;
  // Returns all gateways, sorted by name.
  std::vector<GatewayPtr> All() const;
  // Replaces all gateways atomically.
  void Replace(std::vector<Gateway> gateways);

 private:
  using Map = std::map<std::string, GatewayPtr, std::less<>>;
  std::shared_ptr<const Map> Snapshot() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Map> gateways_ = std::make_shared<Map>();
};

}  // namespace stateserver::gateways
