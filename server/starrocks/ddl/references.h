// SPDX-License-Identifier: Apache-2.0
//
// The relations and columns that a query reads.
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
  // Names after FROM and JOIN, except WITH names of the query. A missing `database` is filled in.
  // Names with a catalog are omitted.
  std::set<ObjectName> relations;
  // All names in the query, in lower case: columns, aliases, functions.
  std::set<std::string> words;
  // Those words that are not aliases: names of columns, as far as can be determined.
  std::set<std::string> columns;
  bool star = false;  // SELECT * or t.*
};

// Returns the references of a query; empty if it cannot be split into tokens. Takes time
// proportional to the number of tokens.
References ReferencesOf(std::string_view query, const std::string& database);

// ReferenceCache computes the references of each object's query once. It refers to the objects. Not
// thread-safe.
class ReferenceCache {
 public:
  // Returns the references of an object, empty for a table. The result is valid as long as the
  // cache.
  const References& Of(const Object& object);

 private:
  std::map<const Object*, References> known_;
};

// Returns the query of a view or materialized view, or "" for a table.
const std::string& QueryOf(const Object& object);

// Returns tables first, then views and materialized views after the relations that they read,
// sorted by name where several orders are possible. Foreign keys of tables are ignored. Returns
// SCHEMA_INVALID for views that read each other in a cycle, or through more than kMostDepth others.
absl::StatusOr<std::vector<const Object*>> DependencyOrder(
    const std::vector<const Object*>& objects, ReferenceCache* references);

}  // namespace stateserver::schema
