// SPDX-License-Identifier: Apache-2.0
//
// Checks the tables whose rows belong to snapshots and environments.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/maintenance/findings.h"

namespace stateserver::maintenance {

// Finds rows of `_intervals` that cannot be read, or whose version has no snapshot.
absl::Status CheckIntervals(postgres::Session& session, const std::string& schema,
                            Findings& findings);

// Finds rows of `_environment_statements` without their environment.
absl::Status CheckStatements(postgres::Session& session, const std::string& schema,
                             Findings& findings);

// Finds rows of `_auto_restatements` whose version has no snapshot.
absl::Status CheckAutoRestatements(postgres::Session& session, const std::string& schema,
                                   Findings& findings);

}  // namespace stateserver::maintenance
