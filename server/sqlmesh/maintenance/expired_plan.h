// SPDX-License-Identifier: Apache-2.0
//
// The objects that SQLMesh's janitor would delete from a state, with reasons.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::maintenance {

struct ExpiredEnvironment {
  std::string name;
  int64_t expiration_ts = 0;
  int64_t snapshots = 0;
  std::string reason;
};

struct ExpiredSnapshot {
  std::string name, identifier, version, dev_version, kind;
  int64_t expired_ts = 0;
  std::string reason;
  // True if its tables, or only the development table, are to be dropped (physical_names.h).
  bool cleans_up = false;
  bool dev_table_only = false;
};

struct PhysicalTable {
  std::string table;
  std::string snapshot_name, snapshot_identifier;
  bool is_dev = false;
  std::string model_gateway;
};

struct ExpiredPlan {
  int64_t now_ms = 0;
  std::vector<ExpiredEnvironment> environments;  // sorted by name
  std::vector<ExpiredSnapshot> snapshots;        // sorted by (name, identifier)
  std::vector<PhysicalTable> tables;
  // Snapshots that no remaining environment uses but whose time to live has not ended.
  int64_t kept_by_ttl = 0;
  // The name of the requested environment as it is stored; empty if all were requested.
  std::string environment;
  // True if the requested environment has not expired; the next field holds its expiration (0:
  // never).
  bool environment_lives = false;
  int64_t environment_expires_ms = 0;

  bool empty() const { return environments.empty() && snapshots.empty(); }
};

// Plans the deletion of environments past their expiration, and of snapshots past their time to
// live that no other environment uses (an environment that is not finalized also uses its
// previous_finalized_snapshots). With `environment`, considers only that environment, if it has
// expired, and the snapshots that only it uses; returns ENVIRONMENT_NOT_FOUND. Read-only; the
// transaction of `session` must see one snapshot or hold the state lock. Memory: 16 bytes for each
// reference of an environment, plus the result.
absl::StatusOr<ExpiredPlan> PlanExpired(postgres::Session& session, const std::string& schema,
                                        const std::string& environment);

}  // namespace stateserver::maintenance
