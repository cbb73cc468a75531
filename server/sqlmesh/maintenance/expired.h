// SPDX-License-Identifier: Apache-2.0
//
// The command `stateclient expired`: deletion of what has expired from the state tables.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/maintenance/change.h"
#include "server/sqlmesh/maintenance/expired_plan.h"

namespace stateserver::maintenance {

struct DeletedRows {
  int64_t environments = 0;
  int64_t statements = 0;
  int64_t snapshots = 0;
  int64_t auto_restatements = 0;
  int64_t interval_rows_deleted = 0;   // after compaction
  int64_t interval_rows_released = 0;  // their snapshot no longer exists, their version does
};

// Performs the steps of SQLMesh's janitor, in its order: deletes environments and their statements;
// deletes snapshots; compacts intervals, deletes those of unused versions, detaches the others from
// deleted snapshots, and compacts again. Also deletes the unreachable rows of `_auto_restatements`
// for such versions, which SQLMesh leaves behind. With `scoped`, compacts only intervals of the
// plan's models. Runs in the transaction of `session`, which must hold the state lock.
absl::StatusOr<DeletedRows> DeleteExpiredRows(postgres::Session& session, const std::string& schema,
                                              const ExpiredPlan& plan, bool scoped,
                                              const Progress& progress);

struct ExpiredOptions {
  ChangeOptions change;
  std::string environment;  // if empty, everything
  std::string if_unchanged_since;
  int restore_points_keep = 20;
  absl::Duration restore_points_max_age = absl::Hours(24 * 30);
};

// Returns the plan as of one instant. Changes nothing and uses no operation id.
absl::StatusOr<ExpiredPlan> ListExpired(postgres::Pool& pool, const CallContext& context,
                                        const ExpiredOptions& options);

struct DeleteExpiredOutcome {
  operations::OperationRecord operation;
  // False if the operation id had succeeded before; then only `operation` is set.
  bool ran = false;
  DeletedRows deleted;
  std::string restore_point_id;
};

// Runs operation "expired --delete" in one transaction: plans under the lock, passes the plan to
// `on_plan`, takes a restore point (unless nothing has expired), and deletes in statements of 1,000
// snapshots. The record names the first 1,000 physical tables that remain.
absl::StatusOr<DeleteExpiredOutcome> DeleteExpired(
    postgres::Pool& pool, const CallContext& context, const ExpiredOptions& options,
    const Progress& progress, const std::function<void(const ExpiredPlan&)>& on_plan);

// Returns the physical tables of those `snapshots` that clean up. Models without tables (EMBEDDED,
// EXTERNAL) and audits have none. Returns STATE_CORRUPT, naming a snapshot that cannot be read.
absl::StatusOr<std::vector<PhysicalTable>> ExpiredTables(
    postgres::Session& session, const std::string& schema,
    const std::vector<ExpiredSnapshot>& snapshots);

}  // namespace stateserver::maintenance
