// SPDX-License-Identifier: Apache-2.0
//
// `stateclient rollback`: back to the `_backup` tables of the last migration.
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
  std::string database;  // for sentences
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
  std::vector<std::string> dropped;   // tables the migration had made
  // The copy of the state as it was before.
  std::string restore_point_id;
};

// In one transaction, after a restore point: every table that has a backup is
// dropped and the backup takes its name, as `sqlmesh rollback` does; tables that
// only the migration made go too. Grants on the dropped tables are given on
// those in their place. NOT_MIGRATED; BACKUP_MISSING where no migration left
// backups; DEPENDENT_OBJECTS names the views that use what would be dropped.
absl::StatusOr<RollbackResult> RollbackState(postgres::Pool& pool, const CallContext& context,
                                             const RollbackOptions& options,
                                             const Progress& progress);

}  // namespace stateserver::migrations
