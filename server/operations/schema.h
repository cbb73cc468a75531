// SPDX-License-Identifier: Apache-2.0
//
// Schema `stateserver`: the server's own tables in a gateway's database.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"

namespace stateserver::operations {

// The version of the tables, stored in stateserver.meta.
inline constexpr int kSchemaVersion = 1;

// Returns true if the schema exists. Reads never create the schema; without it there is nothing to
// read.
absl::StatusOr<bool> SchemaExists(postgres::Session& session);

// Returns true if an audit trail exists. Earlier servers did not keep one.
absl::StatusOr<bool> AuditExists(postgres::Session& session);

// Creates the schema and missing tables in its own transaction; `session` must not be in one. Safe
// to call from several servers at once. Returns PERMISSION_MISSING with the GRANT statement, or
// STATE_AHEAD if a newer stateserver created the schema.
absl::Status EnsureSchema(postgres::Session& session);

}  // namespace stateserver::operations
