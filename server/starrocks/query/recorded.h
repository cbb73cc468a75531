// SPDX-License-Identifier: Apache-2.0
//
// Queries whose rewriting by the engine was observed.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "server/starrocks/query/columns.h"

namespace stateserver::schema::query {

// QueryDigests are the digests of what the engine showed, and of the query that was declared.
struct QueryDigests {
  std::string live, declared;

  auto operator<=>(const QueryDigests&) const = default;
};

// RecordedQueries holds pairs that were observed together, in one database. They remain true: the
// engine makes the same of the same query.
using RecordedQueries = std::set<QueryDigests>;

// Returns the digest of a declared query with resolved names, so that a query that reads other
// columns now, such as one with `*`, has another digest. Case of words, white space and comments do
// not matter. If the query cannot be parsed, its text and the columns of all relations that it
// names count. `source` may be null.
std::string DeclaredDigest(std::string_view query, const std::string& database,
                           ColumnSource* source);

// Returns the digest of a query as the engine shows it.
std::string LiveDigest(std::string_view query);

// Returns true if the engine was seen to show `declared` as `live`.
bool IsRecorded(const RecordedQueries& recorded, std::string_view live, std::string_view declared,
                const std::string& database, ColumnSource* source);

}  // namespace stateserver::schema::query
