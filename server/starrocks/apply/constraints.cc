// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/constraints.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "common/text.h"

namespace stateserver::apply {
namespace {

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text = text.substr(end + 1);
  }
}

Verdict CheckUnique(const std::string& value, const ConstraintContext& context) {
  for (const std::string& group : Split(value, ';')) {
    for (const std::string& written : Split(group, ',')) {
      size_t dot = written.rfind('.');
      bool qualified = dot != written.npos;
      std::string name = qualified ? written.substr(dot + 1) : std::string(Trim(written));
      if (Trim(name).empty() || context.table.Find(name) != nullptr) continue;
      std::string missing =
          Cat("can not find column by name: ", name, ", from table: ", context.name);
      if (!context.alter) return RefusedByAnalysis(missing);
      return Refused(Cat("analyze table unique constraint:", value, " failed, msg: ", missing));
    }
  }
  return Taken();
}

struct Parent {
  std::string name;                  // as written: t, db.t or catalog.db.t
  std::vector<std::string> columns;  // that the key refers to
};

// Finds `(a, b) REFERENCES db.t(c, d)` and returns the parents.
std::vector<Parent> ParentsIn(const std::string& value) {
  constexpr std::string_view kWord = "REFERENCES";
  std::vector<Parent> parents;
  std::string upper = Upper(value);
  for (size_t at = upper.find(kWord); at != upper.npos; at = upper.find(kWord, at + 1)) {
    std::string_view rest = Trim(std::string_view(value).substr(at + kWord.size()));
    size_t open = std::min(rest.find('('), rest.size());
    Parent& parent = parents.emplace_back();
    parent.name = Trim(rest.substr(0, open));
    rest.remove_prefix(open);
    std::string_view list = rest.substr(0, rest.find(')'));
    if (list.starts_with('(')) list.remove_prefix(1);
    for (const std::string& column : Split(list, ',')) parent.columns.emplace_back(Trim(column));
  }
  return parents;
}

Verdict CheckParent(const std::string& value, const Parent& written,
                    const ConstraintContext& context) {
  std::vector<std::string> parts = Split(written.name, '.');
  const std::string& name = parts.back();
  std::string database = parts.size() > 1 ? parts[parts.size() - 2] : context.catalog.database;
  bool here = database == context.catalog.database &&
              (parts.size() < 3 || parts[parts.size() - 3] == "default_catalog");
  if (!here) return Unknown(Cat("the table ", written.name));
  const Entry* parent = context.catalog.Find(name);
  if (parent == nullptr) {
    if (!context.catalog.Lacks(name)) return Unknown(Cat("the table ", name));
    std::string missing =
        Cat("catalog:default_catalog, database: ", database, ", table:", name, " do not exist");
    if (!context.alter) return RefusedByAnalysis(missing, kMeasured402);
    return Refused(Cat("analyze table foreign key constraint:", value, " failed, msg: ", missing));
  }
  const TableState* table = parent->table();
  if (table != nullptr) RETURN_UNLESS_TAKEN(table->CheckKnown("unique_constraints"));
  bool duplicate = table != nullptr && table->Is(schema::KeyModel::kDuplicate) &&
                   !table->table.properties.contains("unique_constraints");
  if (duplicate) {
    return RefusedByAnalysis(Cat("dup table:", name, " has no unique constraint"), kMeasured402);
  }
  if (table == nullptr) return Unknown(Cat("foreign keys to ", name));
  if (!parent->unknown.empty()) return Unknown(parent->unknown);
  for (const std::string& column : written.columns) {
    if (table->Find(column) != nullptr) continue;
    return Unknown(Cat("the column ", column, " of ", name));
  }
  return Taken();
}

}  // namespace

Verdict CheckConstraint(const std::string& key, const std::string& value,
                        const ConstraintContext& context) {
  if (value.empty()) return Taken();
  if (key == "unique_constraints") return CheckUnique(value, context);
  for (const Parent& parent : ParentsIn(value)) {
    RETURN_UNLESS_TAKEN(CheckParent(value, parent, context));
  }
  return Taken();
}

}  // namespace stateserver::apply
