// SPDX-License-Identifier: Apache-2.0
//
// `stateclient compact`: the whole run.
#pragma once

#include "absl/status/statusor.h"
#include "server/sqlmesh/maintenance/change.h"
#include "server/sqlmesh/maintenance/interval_compaction.h"
#include "server/sqlmesh/maintenance/opening.h"

namespace stateserver::maintenance {

struct CompactOutcome {
  operations::OperationRecord operation;  // empty in a dry run
  // All 0 where an earlier run is answered.
  CompactionCounts counts;
};

// Compacts all intervals as operation "compact"; a dry run takes no lock, counts
// and changes nothing.
absl::StatusOr<CompactOutcome> CompactState(postgres::Pool& pool, const CallContext& context,
                                            const ChangeOptions& options, bool dry_run,
                                            const Progress& progress);

}  // namespace stateserver::maintenance
