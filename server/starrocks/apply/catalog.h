// SPDX-License-Identifier: Apache-2.0
//
// The objects of one database, as the statements of a plan leave them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "server/starrocks/apply/types.h"
#include "server/starrocks/apply/verdict.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::apply {

// OutputColumn is a column of a relation as queries see it.
struct OutputColumn {
  std::string name;
  std::optional<DataType> type = {};  // absent if not known
  bool nullable = true;
  // The table's column that this one is; empty for an expression.
  std::string table = {}, column = {};
  // The columns that an expression reads, with their types.
  std::string inputs = {};
};

// SynchronousView is a synchronous materialized view, which belongs to its table.
struct SynchronousView {
  std::string name;
  std::set<std::string> reads;  // columns inside expressions, in lower case
  std::set<std::string> plain;  // columns as they are, in lower case
  bool groups = false;
  bool understood = true;  // false if its columns are not known
};

struct TableState {
  // With the key, the distribution, the marker KEY of each column and its nullability filled in.
  schema::Table table;
  // The names under which renamed columns were created; they stay taken. By the present name, both
  // in lower case.
  std::map<std::string, std::string> created_as;
  std::vector<SynchronousView> views;
  // Properties that a statement set whose effect is not known, with the reason.
  std::map<std::string, std::string> unknown_properties;

  schema::KeyModel model() const { return table.key->model; }
  bool Is(schema::KeyModel model) const { return table.key->model == model; }
  // Return null if there is no such column; names are compared without case.
  const schema::Column* Find(std::string_view name) const;
  // Returns kUnknown if a property whose name begins with the prefix is not known.
  Verdict CheckKnown(std::string_view prefix) const;
};

struct MaterializedViewState {
  schema::MaterializedView view;
  bool active = true;
  // The engine's reason, if a statement of the plan made it inactive.
  std::string inactive_because = {};
  // The columns as created. Absent if not known.
  std::optional<std::vector<OutputColumn>> stored;
};

struct Entry {
  std::variant<TableState, schema::View, MaterializedViewState> definition;
  // Not empty after a statement whose effect on the object is not known: the reason.
  std::string unknown;
  // The relations that the query of a view reads; computed at the first use.
  std::shared_ptr<const schema::References> reads = nullptr;

  const TableState* table() const { return std::get_if<TableState>(&definition); }
  TableState* table() { return std::get_if<TableState>(&definition); }
  const schema::View* view() const { return std::get_if<schema::View>(&definition); }
  schema::View* view() { return std::get_if<schema::View>(&definition); }
  const MaterializedViewState* materialized() const {
    return std::get_if<MaterializedViewState>(&definition);
  }
  MaterializedViewState* materialized() { return std::get_if<MaterializedViewState>(&definition); }
};

struct Catalog {
  std::string database;
  std::map<std::string, Entry> objects;  // by name
  // Names that exist, but whose definition could not be read, with the reason.
  std::map<std::string, std::string> unread;
  // True if every object of the database is among them.
  bool whole = true;
  // Otherwise, the names that were looked up: those that are not among the objects do not exist.
  std::set<std::string> looked_up;

  const Entry* Find(const std::string& name) const;
  Entry* Find(const std::string& name);
  bool Has(const std::string& name) const {
    return objects.contains(name) || unread.contains(name);
  }
  // Returns true if it is known that nothing has the name.
  bool Lacks(const std::string& name) const {
    return !Has(name) && (whole || looked_up.contains(name));
  }
};

// Returns the contents of a database. `printed` is true if the engine printed the definitions, and
// thus chose keys and defaults.
Catalog MakeCatalog(const schema::LiveSchema& live, bool printed);

// Fills in what TableState requires: the key that the engine chooses, its markers, nullability, the
// distribution and the spelling of default values. The columns of a declared key must exist.
void Complete(schema::Table* table);

}  // namespace stateserver::apply
