// SPDX-License-Identifier: Apache-2.0
//
// The command `stateclient rollback`, which restores the `_backup` tables of the last migration.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/operations/change.h"
#include "server/operations/progress.h"
#include "server/platform/postgres/pool.h"
#include "server/sqlmesh/restore_points/state_change.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

struct RollbackResult {
  store::Versions before;
  store::Versions after;
  std::vector<std::string> restored;  // tables
  std::vector<std::string> dropped;   // tables that the migration had created

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("before", self.before);
    visit("after", self.after);
    visit("restored_tables", self.restored);
    visit("dropped_tables", self.dropped);
  }
};

// Rolls back in one transaction, after taking a restore point. Drops every table that has a backup
// and renames the backup, as `sqlmesh rollback` does; also drops tables that only the migration
// created. Transfers grants from the dropped tables to their replacements. Returns NOT_MIGRATED;
// BACKUP_MISSING if no migration left backups; or DEPENDENT_OBJECTS, naming the views that use
// tables to be dropped.
absl::StatusOr<operations::Outcome<RollbackResult>> RollbackState(
    postgres::Pool& pool, const CallContext& context,
    const restore_points::StateChangeOptions& options, const operations::Progress& progress);

}  // namespace stateserver::migrations
