// SPDX-License-Identifier: Apache-2.0
//
// What every session relies on, set before its first use. Only for the other files
// of this folder.
#pragma once

#include "absl/status/status.h"
#include "server/platform/postgres/connection.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// Names without a schema are PostgreSQL's own, then our temporary tables. Whoever may
// create functions, operators or types in a schema of the role's search_path would
// else have them run with the role's rights (CVE-2018-1058).
inline constexpr char kLocalSearchPath[] = "SET LOCAL search_path = pg_catalog, pg_temp;";

// Finds out what is between here and PostgreSQL, and makes the settings of a session
// that is ours alone; a pooler would hand them to others. POOLER_UNSAFE where a role is
// to be assumed on a connection of a pooler. Every setting that bounds something keeps
// the stricter value of the role, the database or the server.
absl::Status SetUp(Session& session, Connection& connection, const PoolOptions& options);

}  // namespace stateserver::postgres
