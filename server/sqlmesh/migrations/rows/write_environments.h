// SPDX-License-Identifier: Apache-2.0
//
// Environments that use other snapshots after a migration.
#pragma once

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/migrations/rows/fingerprints.h"
#include "server/sqlmesh/migrations/rows/read_nodes.h"
#include "server/sqlmesh/migrations/runner.h"

namespace stateserver::migrations {

struct EnvironmentChanges {
  int64_t written = 0;
  // The `snapshots` of prod are among them.
  bool prod = false;
};

// Rewrites `snapshots`, `promoted_snapshot_ids` and
// `previous_finalized_snapshots` of every environment that holds a replaced
// snapshot; PostgreSQL takes the lists apart and puts them together. Needs the
// table stateserver_infos.
absl::StatusOr<EnvironmentChanges> WriteEnvironments(postgres::Session& session,
                                                     const RunOptions& options,
                                                     const Progress& progress,
                                                     const UsedSnapshots& used,
                                                     const Targets& targets);

// SQLMesh's unpause_snapshots for the environment prod: its snapshots are
// unpaused as of now, all others of their names paused, and those of the same
// version and the opposite forward_only become unrestorable.
absl::Status UnpauseProd(postgres::Session& session, const RunOptions& options,
                         const UsedSnapshots& used);

}  // namespace stateserver::migrations
