// SPDX-License-Identifier: Apache-2.0
//
// Connection strings for libpq.
#pragma once

#include <string>
#include <string_view>

#include "server/platform/config/config.h"

namespace stateserver::config {

// Returns libpq's keyword form, with every value quoted and escaped. application_name defaults to
// "stateserver". Valid only for kPostgres; embedded clusters have their own
// (server/platform/embedded/embedded.h).
std::string Conninfo(const StateConnection& connection);

// Returns the SQL to run on every new connection: SET ROLE, or "".
std::string SetupSql(const StateConnection& connection);

// Returns true if `text` can be used in SQL as a role name: a plain or a double-quoted identifier.
// As in SQLMesh, PostgreSQL folds a plain identifier to lower case.
bool IsRoleName(std::string_view text);

}  // namespace stateserver::config
