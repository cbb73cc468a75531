// What the steps need of the tables, and what they do to their definitions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/postgres/session.h"

namespace stateserver::migrations {

// STATE_CORRUPT, naming table and column, unless `schema` holds the tables of
// schema version `from` with their columns and types, does not hold yet what
// later steps add, and names no snapshot twice. Tables that SQLMesh's
// `rollback` leaves behind may be there.
absl::Status CheckTables(postgres::Session& session, std::string_view schema, int from);

// The statements of a step; empty where it changes no table.
std::string DefinitionSql(int number, std::string_view schema);

}  // namespace stateserver::migrations
