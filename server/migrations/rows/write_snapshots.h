// The new rows of `_snapshots`, and what environments will say of them.
#pragma once

#include "absl/status/statusor.h"
#include "server/migrations/rows/graph.h"
#include "server/migrations/rows/targets.h"
#include "server/migrations/runner.h"
#include "server/postgres/session.h"

namespace stateserver::migrations {

// Reads the documents of the targets' sources again, a few MiB at a time,
// inserts the rows that do not exist, and fills the temporary table
// stateserver_infos (target, info) that it makes. Returns how many it inserted.
absl::StatusOr<int64_t> WriteSnapshots(postgres::Session& session, const RunOptions& options,
                                       const Progress& progress, const Graph& graph,
                                       const Targets& targets);

}  // namespace stateserver::migrations
