// SPDX-License-Identifier: Apache-2.0
//
// The migration that brought a state to its versions.
//
// PostgreSQL keeps with each row the number of the transaction that wrote it (`xmin`). A migration
// writes `_versions`, its restore point and, unless only the patch release changes, the `_backup`
// tables in one transaction, here as in SQLMesh. So rows with equal numbers belong to one
// migration, whoever ran others in between. A restored dump has other numbers: nothing is proven
// there.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::restore_points {

struct Origin {
  // The number of the last migration's transaction; empty if it is unknown.
  std::string transaction;
  // The restore point that this migration took, of the state before it.
  std::optional<RestorePoint> restore_point;
};

// Returns the last migration of the state of `state_schema`, whose versions are `current`. Follows
// rollbacks and restores to the migration from which the restored state came. The table `_versions`
// must exist.
absl::StatusOr<Origin> FindOrigin(postgres::Session& session, const std::string& state_schema,
                                  const store::Versions& current);

// Returns the transaction of the last migration of the state in a restore point; empty if it is
// unknown.
absl::StatusOr<std::string> OriginOfRestorePoint(postgres::Session& session, const std::string& id);

// Returns true if transaction `transaction` created the table `_versions_backup` and wrote its row,
// and did not create `_versions`: the `_backup` tables then hold the state before the migration
// that ran in this transaction.
absl::StatusOr<bool> BackupTablesAreOf(postgres::Session& session, const std::string& state_schema,
                                       const std::string& transaction);

}  // namespace stateserver::restore_points
