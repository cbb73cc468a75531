// SPDX-License-Identifier: Apache-2.0
//
// A state connection in libpq's words.
#pragma once

#include <string>
#include <string_view>

#include "server/platform/config/config.h"

namespace stateserver::config {

// libpq's keyword form, every value quoted and escaped. application_name is
// "stateserver" unless given. Only for kPostgres: an embedded cluster knows its
// own (server/platform/embedded/embedded.h).
std::string Conninfo(const StateConnection& connection);

// What to run on every new connection: SET ROLE, or "".
std::string SetupSql(const StateConnection& connection);

// True for a name that can stand in SQL as it is: plain, or in double quotes.
// As in SQLMesh, a plain one is folded to lower case by PostgreSQL.
bool IsRoleName(std::string_view text);

}  // namespace stateserver::config
