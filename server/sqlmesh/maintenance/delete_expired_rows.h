// SPDX-License-Identifier: Apache-2.0
//
// Takes what has expired out of the state tables.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/maintenance/expired_plan.h"
#include "server/sqlmesh/maintenance/opening.h"

namespace stateserver::maintenance {

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

}  // namespace stateserver::maintenance
