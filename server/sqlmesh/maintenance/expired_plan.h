// SPDX-License-Identifier: Apache-2.0
//
// What SQLMesh's janitor would delete from a state, and why.
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
  // Its tables go with it, or only the development one (cleanup_targets.h).
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
  std::vector<ExpiredEnvironment> environments;  // by name
  std::vector<ExpiredSnapshot> snapshots;        // by (name, identifier)
  std::vector<PhysicalTable> tables;
  // No remaining environment uses them, but their time to live goes on.
  int64_t kept_by_ttl = 0;
  // The one environment asked for has not expired: until then (0: never).
  bool environment_lives = false;
  int64_t environment_expires_ms = 0;

  bool empty() const { return environments.empty() && snapshots.empty(); }
};

// Environments past their expiration; snapshots past their time to live that no
// other environment uses (one that is not finalized uses its
// previous_finalized_snapshots as well). With `environment` only that one, if it
// has expired, and the snapshots that only it uses; ENVIRONMENT_NOT_FOUND.
// Reads; the transaction of `session` sees one instant or holds the state lock.
// Memory: 16 bytes for each reference of an environment, and what has expired.
absl::StatusOr<ExpiredPlan> PlanExpired(postgres::Session& session, const std::string& schema,
                                        const std::string& environment);

}  // namespace stateserver::maintenance
