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
  // The relations that the query reads, except names of WITH and table functions. A missing
  // `database` is filled in. Relations of other catalogs are omitted.
  std::set<ObjectName> relations;
  // All names in the query, in lower case: columns, aliases, functions.
  std::set<std::string> words;
  // Names of columns that the query reads, in lower case.
  std::set<std::string> columns;
  bool star = false;  // reads all columns of a relation: SELECT * or t.*
  // Set if the query was not understood: what was found and expected. `relations` then holds all
  // names of the query that a relation may have, and `columns` all words.
  std::string unclear;
};

// Returns the references of a query; empty if it cannot be split into tokens. Takes time
// proportional to the number of tokens.
References ReferencesOf(std::string_view query, const std::string& database);

// Returns the names of the relations of `database` that the query reads.
std::set<std::string> RelationsIn(std::string_view query, const std::string& database);

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
// A query that was not understood is no part of a cycle.
absl::StatusOr<std::vector<const Object*>> DependencyOrder(
    const std::vector<const Object*>& objects, ReferenceCache* references);

}  // namespace stateserver::schema
