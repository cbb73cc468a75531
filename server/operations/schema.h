// SPDX-License-Identifier: Apache-2.0
//
// Schema `stateserver`: what the server itself keeps in a gateway's database.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"

namespace stateserver::operations {

// The shape of the tables; kept in stateserver.meta.
inline constexpr int kSchemaVersion = 1;

// Reads never create the schema: without it there is nothing to read.
absl::StatusOr<bool> SchemaExists(postgres::Session& session);

// Whether there is an audit trail to read: earlier servers kept none.
absl::StatusOr<bool> AuditExists(postgres::Session& session);

// Creates schema and tables where they are missing, in a transaction of its
// own; `session` must be in none. Several servers may do so at once.
// PERMISSION_MISSING prints the GRANT; STATE_AHEAD when a newer stateserver
// made the schema.
absl::Status EnsureSchema(postgres::Session& session);

}  // namespace stateserver::operations
