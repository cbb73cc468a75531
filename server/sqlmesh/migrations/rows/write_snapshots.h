// SPDX-License-Identifier: Apache-2.0
//
// The new rows of `_snapshots`, and what environments will say of them.
#pragma once

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/migrations/rows/fingerprints.h"
#include "server/sqlmesh/migrations/rows/graph.h"
#include "server/sqlmesh/migrations/runner.h"

namespace stateserver::migrations {

// Reads the documents of the targets' sources again, a few MiB at a time,
// inserts the rows that do not exist, and fills the temporary table
// stateserver_infos (target, info) that it makes. Returns how many it inserted.
absl::StatusOr<int64_t> WriteSnapshots(postgres::Session& session, const RunOptions& options,
                                       const Progress& progress, const Graph& graph,
                                       const Targets& targets);

}  // namespace stateserver::migrations
