// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's `_migrate_rows`: gives the snapshots that environments use the fingerprints of the
// newest recipe, and updates the environments to the new snapshots.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/migrations/runner.h"

namespace stateserver::migrations {

// Creates `pg_temp.name (columns)`.
absl::Status CreateTemp(postgres::Session& session, std::string_view name,
                        std::string_view columns);

// Migrates the rows. The tables must have the newest schema. Appends to `notes`. Errors are those
// of RunMigration.
absl::StatusOr<RowCounts> MigrateRows(postgres::Session& session, const RunOptions& options,
                                      const operations::Progress& progress,
                                      std::vector<transfer::Note>* notes);

}  // namespace stateserver::migrations
