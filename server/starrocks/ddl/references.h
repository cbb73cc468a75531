// SPDX-License-Identifier: Apache-2.0
//
// What a query reads.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

struct References {
  // Names after FROM and JOIN that are no WITH of the query; `database` is
  // filled in where they have none. Names with a catalog are left out.
  std::set<ObjectName> relations;
  // Every name in the query, in lower case: columns, aliases, functions.
  std::set<std::string> words;
  // Those of them that are no alias: names of columns, as far as can be told.
  std::set<std::string> columns;
  bool star = false;  // SELECT * or t.*

  bool MayRead(const std::string& folded_column) const {
    return star || words.contains(folded_column);
  }
};

// Nothing of a query that cannot be cut into tokens. Takes time in proportion to the tokens.
References ReferencesOf(std::string_view query, const std::string& database);

// What each object's query reads, found out once. Refers to the objects. Not thread-safe.
class ReferenceCache {
 public:
  // Stays valid as long as the cache; nothing of a table.
  const References& Of(const Object& object);

 private:
  std::map<const Object*, References> known_;
};

// What a view's or materialized view's query says; empty for a table.
const std::string& QueryOf(const Object& object);

// Tables first, then views and materialized views behind what they read; of
// several orders that of the names. Foreign keys of tables do not count.
// Errors: SCHEMA_INVALID, views that read each other in a ring, or through more than kMostDepth
// others.
absl::StatusOr<std::vector<const Object*>> DependencyOrder(
    const std::vector<const Object*>& objects, ReferenceCache* references);

}  // namespace stateserver::schema
