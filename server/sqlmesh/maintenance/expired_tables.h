// SPDX-License-Identifier: Apache-2.0
//
// The physical tables of expired snapshots.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/maintenance/expired_plan.h"

namespace stateserver::maintenance {

// Those of `snapshots` that clean up; models without tables (EMBEDDED, EXTERNAL)
// and audits have none. STATE_CORRUPT names a snapshot that cannot be read.
absl::StatusOr<std::vector<PhysicalTable>> ExpiredTables(
    postgres::Session& session, const std::string& schema,
    const std::vector<ExpiredSnapshot>& snapshots);

}  // namespace stateserver::maintenance
