// SPDX-License-Identifier: Apache-2.0
//
// 69 in `_environments`: snapshots and previous_finalized_snapshots.
#pragma once

#include "server/sqlmesh/migrations/steps/steps.h"

namespace stateserver::migrations {

// Lists of any length: beyond some megabytes PostgreSQL takes them apart.
absl::Status RenameInEnvironments(postgres::Session& session, const SchemaRun& run,
                                  StepReport* report);

}  // namespace stateserver::migrations
