// SPDX-License-Identifier: Apache-2.0
//
// `stateclient expired`: the whole run.
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

// Takes what has expired out of the state tables.

struct DeletedRows {
  int64_t environments = 0;
  int64_t statements = 0;
  int64_t snapshots = 0;
  int64_t auto_restatements = 0;
  int64_t interval_rows_deleted = 0;   // after compaction
  int64_t interval_rows_released = 0;  // their snapshot is gone, their version is not
};

// Does to the tables what SQLMesh's janitor does, in its order: environments and
// their statements; snapshots; intervals compacted, deleted with the versions
// nobody uses, or separated from their snapshot, and compacted again. What it
// leaves behind though nobody can reach it, rows of `_auto_restatements` of such
// versions, goes as well. With `scoped`, only intervals of the plan's models are
// compacted. In the transaction of `session`, which holds the state lock.
absl::StatusOr<DeletedRows> DeleteExpiredRows(postgres::Session& session, const std::string& schema,
                                              const ExpiredPlan& plan, bool scoped,
                                              const Progress& progress);

struct ExpiredOptions {
  ChangeOptions change;
  std::string environment;  // empty: everything
  std::string if_unchanged_since;
  int restore_points_keep = 20;
  absl::Duration restore_points_max_age = absl::Hours(24 * 30);
};

// As of one instant. Changes nothing and uses no operation id.
absl::StatusOr<ExpiredPlan> ListExpired(postgres::Pool& pool, const CallContext& context,
                                        const ExpiredOptions& options);

struct DeleteExpiredOutcome {
  operations::OperationRecord operation;
  // False where an earlier run is answered: then only the operation is known.
  bool ran = false;
  DeletedRows deleted;
  std::string restore_point_id;
};

// Operation "expired --delete", in one transaction: plans under the lock, hands
// the plan to `on_plan`, takes a restore point (unless nothing has expired), and
// deletes in statements of 1,000 snapshots. The record names the first 1,000
// physical tables that remain.
absl::StatusOr<DeleteExpiredOutcome> DeleteExpired(
    postgres::Pool& pool, const CallContext& context, const ExpiredOptions& options,
    const Progress& progress, const std::function<void(const ExpiredPlan&)>& on_plan);

// Those of `snapshots` that clean up; models without tables (EMBEDDED, EXTERNAL)
// and audits have none. STATE_CORRUPT names a snapshot that cannot be read.
absl::StatusOr<std::vector<PhysicalTable>> ExpiredTables(
    postgres::Session& session, const std::string& schema,
    const std::vector<ExpiredSnapshot>& snapshots);

}  // namespace stateserver::maintenance
