// SPDX-License-Identifier: Apache-2.0
//
// The command `stateclient rollback`, which restores the `_backup` tables of the last migration.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/operations/log.h"
#include "server/platform/postgres/pool.h"
#include "server/sqlmesh/migrations/runner.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

struct RollbackOptions {
  std::string gateway;
  std::string database;  // for messages
  std::string schema;
  std::string operation_id;
  absl::Duration lock_timeout = absl::Seconds(10);
  int restore_points_keep = 20;
  absl::Duration restore_points_max_age = absl::Hours(24 * 30);
};

struct RollbackResult {
  operations::OperationRecord operation;
  store::Versions before;
  store::Versions after;
  std::vector<std::string> restored;  // tables
  std::vector<std::string> dropped;   // tables that the migration had created
  // The restore point taken before the rollback.
  std::string restore_point_id;
};

// Rolls back in one transaction, after taking a restore point. Drops every table that has a backup
// and renames the backup, as `sqlmesh rollback` does; also drops tables that only the migration
// created. Transfers grants from the dropped tables to their replacements. Returns NOT_MIGRATED;
// BACKUP_MISSING if no migration left backups; or DEPENDENT_OBJECTS, naming the views that use
// tables to be dropped.
absl::StatusOr<RollbackResult> RollbackState(postgres::Pool& pool, const CallContext& context,
                                             const RollbackOptions& options,
                                             const Progress& progress);

}  // namespace stateserver::migrations
