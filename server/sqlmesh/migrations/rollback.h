// SPDX-License-Identifier: Apache-2.0
//
// The command `stateclient rollback`, which goes back over the last migration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/operations/change.h"
#include "server/operations/progress.h"
#include "server/platform/postgres/pool.h"
#include "server/sqlmesh/migrations/rollback_plan.h"
#include "server/sqlmesh/restore_points/state_change.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

struct RollbackOptions {
  restore_points::StateChangeOptions change;
  // If set, the rollback is refused unless it goes back to these versions.
  std::optional<store::Versions> if_after;
};

struct RollbackResult {
  store::Versions before;
  store::Versions after;
  std::vector<std::string> restored;  // tables; empty in a dry run
  std::vector<std::string> dropped;   // tables that the migration had created
  // See RollbackTarget.
  std::string source_restore_point_id;
  int64_t target_ts = 0;
  RollbackLosses losses;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("before", self.before);
    visit("after", self.after);
    visit("restored_tables", self.restored);
    visit("dropped_tables", self.dropped);
    visit("source_restore_point_id", self.source_restore_point_id);
    visit("target_ts", self.target_ts);
    visit("losses", self.losses);
  }
};

// Goes back over exactly one migration, in one transaction, after taking a restore point of the
// current state. Restores the restore point of the last migration and drops the `_backup` tables of
// the same migration. Without that restore point, drops every table that has a backup and renames
// the backup, as `sqlmesh rollback` does, if the backups provably belong to the last migration;
// also drops tables that only the migration created, and transfers grants from the dropped tables
// to their replacements. A dry run takes no lock and changes nothing.
//
// Returns the errors of FindRollbackTarget and CheckTargetReachable, or STATE_CHANGED for
// `if_after`.
absl::StatusOr<operations::Outcome<RollbackResult>> RollbackState(
    postgres::Pool& pool, const CallContext& context, const RollbackOptions& options,
    const operations::Progress& progress);

}  // namespace stateserver::migrations
