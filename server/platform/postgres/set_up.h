// SPDX-License-Identifier: Apache-2.0
//
// The settings that every session relies on, made before its first use. Only for use inside this
// folder.
#pragma once

#include "absl/status/status.h"
#include "server/platform/postgres/connection.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// Restricts unqualified names to PostgreSQL's own schema, then our temporary tables. Otherwise
// anyone who can create functions, operators or types in a schema of the role's search_path could
// run code with the role's rights (CVE-2018-1058).
inline constexpr char kLocalSearchPath[] = "SET LOCAL search_path = pg_catalog, pg_temp;";

// Detects a pooler between this server and PostgreSQL. Makes the session's settings if the
// connection is not shared; a pooler would pass them on to other clients. Every setting that is a
// limit keeps the stricter value of the role, the database or the server. Returns POOLER_UNSAFE if
// a role is to be assumed on a pooled connection.
absl::Status SetUp(Session& session, Connection& connection, const PoolOptions& options);

}  // namespace stateserver::postgres
