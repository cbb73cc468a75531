// SPDX-License-Identifier: Apache-2.0
//
// Comparison of the tables' structure with their schema version.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"

namespace stateserver::migrations {

// Returns STATE_CORRUPT, naming missing columns, columns of another type, columns of a later
// version (from a manual migration), duplicate rows, and snapshots without a name or identifier.
// Ignores columns that SQLMesh does not know and whole tables that its `rollback` leaves behind.
absl::Status CheckShape(postgres::Session& session, const std::string& schema, int schema_version);

}  // namespace stateserver::migrations
