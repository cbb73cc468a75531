// SPDX-License-Identifier: Apache-2.0
//
// The databases that a query names.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema::query {

// Returns the query without the name of its own database before relations and columns, so that it
// reads the relations of whatever database it is applied in. The rest of the text stays, except for
// repeated brackets around subqueries, of which the engine adds one each time. Returns the text
// unchanged if it cannot be parsed, or if a relation has the same name as the database.
std::string WithoutDatabase(std::string_view query, const std::string& database);

// Returns the object with its query, if it has one, without the name of the object's database.
Object WithoutDatabase(Object object);

// Returns the other databases and catalogs that the query reads, as in messages: `db`, `c.db`.
std::set<std::string> OtherDatabases(std::string_view query, const std::string& database);

}  // namespace stateserver::schema::query
