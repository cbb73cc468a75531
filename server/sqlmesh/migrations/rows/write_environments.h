// SPDX-License-Identifier: Apache-2.0
//
// Updates of environments to the snapshots that replace theirs.
#pragma once

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/migrations/rows/fingerprints.h"
#include "server/sqlmesh/migrations/rows/read_nodes.h"
#include "server/sqlmesh/migrations/runner.h"

namespace stateserver::migrations {

struct EnvironmentChanges {
  int64_t written = 0;
  // True if the `snapshots` of prod were changed.
  bool prod = false;
};

// Rewrites `snapshots`, `promoted_snapshot_ids` and `previous_finalized_snapshots` of every
// environment that contains a replaced snapshot. PostgreSQL splits and joins the lists. Needs the
// table stateserver_infos.
absl::StatusOr<EnvironmentChanges> WriteEnvironments(postgres::Session& session,
                                                     const RunOptions& options,
                                                     const operations::Progress& progress,
                                                     const UsedSnapshots& used,
                                                     const Targets& targets);

// Performs SQLMesh's unpause_snapshots for the environment prod: unpauses its snapshots as of now,
// pauses all others with their names, and makes those with the same version and the opposite
// forward_only unrestorable.
absl::Status UnpauseProd(postgres::Session& session, const RunOptions& options,
                         const UsedSnapshots& used);

}  // namespace stateserver::migrations
