// SPDX-License-Identifier: Apache-2.0
//
// The small tables: rows that nothing refers to any more.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/maintenance/findings.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::maintenance {

// Rows of `_intervals` that cannot be read, or whose version no snapshot has.
absl::Status CheckIntervals(postgres::Session& session, const std::string& schema,
                            Findings& findings);

// Rows of `_environment_statements` without their environment.
absl::Status CheckStatements(postgres::Session& session, const std::string& schema,
                             Findings& findings);

// Rows of `_auto_restatements` of a version that no snapshot has.
absl::Status CheckAutoRestatements(postgres::Session& session, const std::string& schema,
                                   Findings& findings);

}  // namespace stateserver::maintenance
