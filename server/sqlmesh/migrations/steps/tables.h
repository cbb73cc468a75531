// SPDX-License-Identifier: Apache-2.0
//
// What the steps do to the tables' definitions.
#pragma once

#include <string>
#include <string_view>

#include "server/sqlmesh/migrations/steps/steps.h"

namespace stateserver::migrations {

// The statements of a step; empty where it changes no table.
std::string DefinitionSql(int number, std::string_view schema);

// Lists of any length: beyond some megabytes PostgreSQL takes them apart.
absl::Status RenameInEnvironments(postgres::Session& session, const SchemaRun& run,
                                  StepReport* report);

// After the pass over the snapshots, which leaves kDevVersionsTable; drops it.
absl::Status CleanIntervals(postgres::Session& session, const SchemaRun& run, StepReport* report);

}  // namespace stateserver::migrations
