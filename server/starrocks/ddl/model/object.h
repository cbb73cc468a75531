// SPDX-License-Identifier: Apache-2.0
//
// One declared or printed object, and where it was read.
#pragma once

#include <string>
#include <variant>

#include "server/starrocks/ddl/model/view.h"

namespace stateserver::schema {

// Names are case-sensitive. `database` is empty where neither the statement nor
// USE nor the caller says one.
struct ObjectName {
  std::string database;
  std::string name;

  // "db.name", for messages.
  std::string Text() const { return database.empty() ? name : database + "." + name; }
  auto operator<=>(const ObjectName&) const = default;
};

struct SourcePlace {
  std::string source;  // a file's name, or what the caller calls the text
  int line = 1;        // from 1
  int column = 1;      // from 1, in bytes

  bool operator==(const SourcePlace&) const = default;
};

struct Object {
  ObjectName name;
  std::variant<Table, View, MaterializedView> definition;
  SourcePlace place;
};

// Whether it is a synchronous materialized view: a rollup of its table.
inline bool IsRollup(const Object& object) {
  const auto* view = std::get_if<MaterializedView>(&object.definition);
  return view != nullptr && view->synchronous();
}

}  // namespace stateserver::schema
