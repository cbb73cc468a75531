// SPDX-License-Identifier: Apache-2.0
//
// Insertion of the new rows of `_snapshots`, and the table infos that environments will hold.
#pragma once

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/migrations/rows/fingerprints.h"
#include "server/sqlmesh/migrations/rows/graph.h"
#include "server/sqlmesh/migrations/runner.h"

namespace stateserver::migrations {

// Reads the documents of the targets' sources again, a few MiB at a time, inserts the rows that do
// not exist, and creates and fills the temporary table stateserver_infos (target, info). Returns
// the number of inserted rows.
absl::StatusOr<int64_t> WriteSnapshots(postgres::Session& session, const RunOptions& options,
                                       const operations::Progress& progress, const Graph& graph,
                                       const Targets& targets);

}  // namespace stateserver::migrations
