// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's `_migrate_rows`: the snapshots that environments use get the
// fingerprints of the newest recipe, and environments the new snapshots.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/migrations/runner.h"

namespace stateserver::migrations {

// The tables have the newest schema. As RunMigration. `notices` is added to.
absl::StatusOr<RowCounts> MigrateRows(postgres::Session& session, const RunOptions& options,
                                      const Progress& progress, std::vector<Notice>* notices);

}  // namespace stateserver::migrations
