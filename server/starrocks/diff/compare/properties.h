// SPDX-License-Identifier: Apache-2.0
//
// Properties of tables: their normal form, their defaults, and their comparison.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

struct Comparison;

// PropertyScope decides which properties are managed although the normal form of the declaration
// does not contain them.
struct PropertyScope {
  // True if the declaration is complete: a property that it does not name has its default. Used for
  // declarations that are compared with each other, and for undo.
  bool complete = false;
  // Returns true for a property that an earlier revision set. If null, none.
  std::function<bool(const std::string& key)> earlier = nullptr;
  // The properties that the declaration names, also those with their default value.
  std::set<std::string> named = {};
};

// Compares the properties of two tables, both in normal form. A property that the declaration does
// not name and the scope does not include is unmanaged. A difference with an empty `declared` has
// no known default.
void CompareProperties(const Table& live, const Table& declared, const Engine& engine,
                       const PropertyScope& scope, Comparison* out);

// Returns the properties as the engine normalizes them: units and names in its own spelling,
// without properties that have their default value.
Properties NormalProperties(const ObjectName& name, const Table& table, const Engine& engine);

// Returns one value as the engine normalizes it.
std::string NormalPropertyValue(const ObjectName& name, std::string_view key,
                                std::string_view value);

// Returns the value of an unset property, or nullopt if it has no default or the default is
// unknown.
std::optional<std::string> DefaultProperty(std::string_view key, const Table& table,
                                           const Engine& engine);

// Returns the properties of an index, with the defaults of its type filled in.
Properties NormalIndexProperties(const Index& index);

// Returns the value of unique_constraints without the names of the table: "id, a;b" for
// "default_catalog.db.t.id, a;default_catalog.db.t.b". The result contains no needless spaces.
std::string NormalUniqueConstraints(std::string_view value);

// Returns the value of foreign_key_constraints in the spelling "(a, b) REFERENCES t(x, y)", without
// the names of the default catalog and of `database`. Returns other texts unchanged.
std::string NormalForeignKeys(std::string_view value, std::string_view database);

// Returns the tables that a value of foreign_key_constraints refers to. Names without a database
// get `database`; names of other catalogs are omitted.
std::vector<ObjectName> ForeignKeyParents(std::string_view value, const std::string& database);

// Returns the columns that a value of bloom_filter_columns names, in lower case, sorted, each once.
std::vector<std::string> BloomColumns(std::string_view value);

// Returns the value of bloom_filter_columns for the columns: "a, b".
std::string PrintBloomColumns(const std::vector<std::string>& columns);

}  // namespace stateserver::schema
