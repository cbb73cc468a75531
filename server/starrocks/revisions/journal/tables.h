// SPDX-License-Identifier: Apache-2.0
//
// The tables of the journal, in schema `stateserver` of the gateway's database.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"

namespace stateserver::revisions {

// Reads never create them: without them nothing was ever run.
absl::StatusOr<bool> TablesExist(postgres::Session& session);

// Creates them where they are missing, in a transaction of its own; schema
// `stateserver` is there. Several servers may do so at once. PERMISSION_MISSING
// prints the GRANT; STATE_AHEAD when a newer stateserver made them.
absl::Status EnsureTables(postgres::Session& session);

// SQL: now, in epoch milliseconds of the database's clock.
inline constexpr char kNow[] = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

}  // namespace stateserver::revisions
