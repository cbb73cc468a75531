// SPDX-License-Identifier: Apache-2.0
//
// 71 in `_intervals`: each row learns its dev version, and rows nobody can use
// any more go.
#pragma once

#include "server/sqlmesh/migrations/steps/steps.h"

namespace stateserver::migrations {

// After the pass over the snapshots, which leaves kDevVersionsTable; drops it.
absl::Status CleanIntervals(postgres::Session& session, const SchemaRun& run, StepReport* report);

}  // namespace stateserver::migrations
