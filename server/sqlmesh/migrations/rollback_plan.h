// SPDX-License-Identifier: Apache-2.0
//
// The target of a rollback, and the data that a rollback discards.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/restore_points/state_change.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

// RollbackTarget is the state before the last migration.
struct RollbackTarget {
  store::Versions before;
  store::Versions after;
  // The restore point of the last migration; empty if its `_backup` tables are used.
  std::string restore_point_id;
  // The time of the migration if a restore point is used, otherwise the latest time in the tables.
  int64_t time_ts = 0;
  // Without a restore point: live tables that have a backup, backups whose table no longer exists,
  // and tables that only the migration created.
  std::vector<std::string> replace;
  std::vector<std::string> reappear;
  std::vector<std::string> drop;
  // With a restore point: `_backup` tables of the same migration, which would otherwise belong to
  // no migration.
  std::vector<std::string> discard;
};

// RollbackLosses is what exists in the state but not in the target. Lists contain the first
// kShownLosses names, sorted.
struct RollbackLosses {
  int64_t environments = 0;
  std::vector<std::string> environment_names;
  // Environments that both have, with another plan applied since.
  int64_t reverted = 0;
  std::vector<std::string> reverted_names;
  // Rows, without the copies that the migration itself made of the target's snapshots.
  int64_t snapshots = 0;
  std::vector<std::string> snapshot_names;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("environments", self.environments);
    visit("environment_names", self.environment_names);
    visit("reverted_environments", self.reverted);
    visit("reverted_environment_names", self.reverted_names);
    visit("snapshots", self.snapshots);
    visit("snapshot_names", self.snapshot_names);
  }
};

inline constexpr size_t kShownLosses = 100;

// Finds the state before the last migration: its restore point, or else `_backup` tables that
// provably belong to it (see restore_points::FindOrigin). Changes nothing. Returns NOT_MIGRATED, or
// BACKUP_MISSING, which lists the restore points and backup tables that exist.
absl::StatusOr<RollbackTarget> FindRollbackTarget(
    postgres::Session& session, const restore_points::StateChangeOptions& options);

// Returns OK if a rollback to `target` can drop and recreate what it needs to; otherwise
// DEPENDENT_OBJECTS or RESTORE_POINT_INCOMPATIBLE. Changes nothing. Waits for locks of the tables.
absl::Status CheckTargetReachable(postgres::Session& session, const std::string& schema,
                                  const RollbackTarget& target);

// Compares the state with `target`. Reads all rows of both. Memory: 40 bytes for each snapshot of
// the target, its environments' names, and one row.
absl::StatusOr<RollbackLosses> FindLosses(postgres::Session& session, const std::string& schema,
                                          const RollbackTarget& target);

}  // namespace stateserver::migrations
