// SPDX-License-Identifier: Apache-2.0
//
// The effects of the steps on the tables' definitions.
#pragma once

#include <string>
#include <string_view>

#include "server/sqlmesh/migrations/steps/steps.h"

namespace stateserver::migrations {

// Returns the statements of a step; empty if it changes no table.
std::string DefinitionSql(int number, std::string_view schema);

// Applies 69 to the environments' lists of any length. PostgreSQL splits lists larger than a few
// megabytes.
absl::Status RenameInEnvironments(postgres::Session& session, const SchemaRun& run,
                                  StepReport* report);

// Applies 71 to the intervals. Runs after the pass over the snapshots, which leaves
// kDevVersionsTable, and drops that table.
absl::Status CleanIntervals(postgres::Session& session, const SchemaRun& run, StepReport* report);

}  // namespace stateserver::migrations
