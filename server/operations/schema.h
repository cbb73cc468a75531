// SPDX-License-Identifier: Apache-2.0
//
// Schema `stateserver`: the server's own tables in a gateway's database.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"

namespace stateserver::operations {

// The generation of the tables, stored in stateserver.meta. It changes only if earlier servers
// cannot use the tables any more.
inline constexpr int kSchemaVersion = 1;

// The newest of the numbered additions to the tables, stored in stateserver.steps.
inline constexpr int kNewestStep = 3;
// The step that adds heartbeats and requests to cancel.
inline constexpr int kHeartbeatStep = 3;

// Returns true if the schema exists. Reads never create the schema; without it there is nothing to
// read.
absl::StatusOr<bool> SchemaExists(postgres::Session& session);

// Returns true if an audit trail exists. Earlier servers did not keep one.
absl::StatusOr<bool> AuditExists(postgres::Session& session);

// Returns the newest step that was taken; 0 if the schema does not exist.
absl::StatusOr<int> SchemaStep(postgres::Session& session);

// Creates the schema and takes missing steps in its own transaction; `session` must not be in one.
// Safe to call from several servers at once. Returns PERMISSION_MISSING with the GRANT statement,
// unless the tables that exist are enough to work; or STATE_AHEAD if a newer stateserver created
// the schema.
absl::Status EnsureSchema(postgres::Session& session);

}  // namespace stateserver::operations
