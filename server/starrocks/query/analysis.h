// SPDX-License-Identifier: Apache-2.0
//
// What the names of a query refer to.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/query/columns.h"
#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

struct Analysis {
  // The relations that the query reads; names of WITH and functions are not among them. A missing
  // database is filled in. Relations of other catalogs are in `external`, as written.
  std::set<ObjectName> relations;
  std::set<std::string> external;
  // The columns that it reads of each of `relations`, in lower case. `*` stands for all columns of
  // a relation whose columns are not known.
  std::map<ObjectName, std::set<std::string>> columns;
  // Columns, in lower case, that may belong to any relation whose columns are not known.
  std::set<std::string> unresolved;
  OutputColumns output;  // null if it depends on unknown columns
};

// Resolves the names of a rewritten query, in place: a column becomes `relation`.`column`, where
// the relation is its alias or last name, `*` becomes the columns it stands for, a column of a WITH
// gets its name, and a position or an alias in ORDER BY becomes a position. What cannot be resolved
// stays. `source` may be null: no columns are known then. A `database` is that of the query.
Analysis Analyze(Node* query, const std::string& database, ColumnSource* source);

// Returns the output columns of a query, or null if they cannot be determined. The types follow
// from columns, casts, literals and some functions; others are null.
OutputColumns OutputTypes(std::string_view query, const std::string& database,
                          ColumnSource* source);

// Returns the relations and columns that a query reads; nullopt if it cannot be parsed.
std::optional<Analysis> AnalyzeText(std::string_view query, const std::string& database,
                                    ColumnSource* source);

}  // namespace stateserver::schema::query
