// SPDX-License-Identifier: Apache-2.0
//
// Do the tables have the shape that their schema version says?
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"

namespace stateserver::migrations {

// STATE_CORRUPT names what lacks, what has another type, what a later version
// only brings (somebody migrated by hand), rows that stand twice and snapshots
// without a name or identifier. Columns that SQLMesh does not know are let be,
// and so are whole tables that its `rollback` leaves behind.
absl::Status CheckShape(postgres::Session& session, const std::string& schema, int schema_version);

}  // namespace stateserver::migrations
