// SPDX-License-Identifier: Apache-2.0
//
// Key models and key columns: what of them can be changed at all.
#include <algorithm>
#include <set>

#include "common/text.h"
#include "server/starrocks/diff/plan/column_lookup.h"
#include "server/starrocks/diff/plan/table_work.h"

namespace stateserver::schema {
namespace {

std::string_view Words(KeyModel model) {
  constexpr std::string_view kWords[] = {"DUPLICATE KEY", "AGGREGATE KEY", "UNIQUE KEY",
                                         "PRIMARY KEY"};
  return kWords[static_cast<size_t>(model)];
}

std::string PrintKey(const KeyClause& key) {
  std::string names;
  for (const std::string& name : key.columns) AppendTo(&names, names.empty() ? "" : ", ", name);
  return Cat(Words(key.model), "(", names, ")");
}

std::vector<std::string> FoldedNames(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  std::transform(names.begin(), names.end(), std::back_inserter(out), Folded);
  return out;
}

bool HasReplacedValues(const Table& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), [](const Column& column) {
    return column.aggregate == "REPLACE" || column.aggregate == "REPLACE_IF_NOT_NULL";
  });
}

// The engine's sentence where key columns are dropped that may not be.
std::string DropRefusal(const Table& table, bool all) {
  switch (table.key->model) {
    case KeyModel::kPrimary:
      return "Can not drop key column in primary data model table";
    case KeyModel::kUnique:
      return "Can not drop key column in Unique data model table";
    case KeyModel::kAggregate:
      if (HasReplacedValues(table)) {
        return "Can not drop key column when table has value column with REPLACE aggregation "
               "method";
      }
      break;
    case KeyModel::kDuplicate:
      break;
  }
  return all ? "No key column left" : "";
}

// Why key columns cannot become what is declared; empty where they can.
std::string KeyColumnsRefusal(const TableWork& work) {
  const KeyClause &now = *work.table.key, &wanted = *work.wanted.key;
  const ColumnLookup table(work.table), declared(work.wanted);
  size_t dropped = 0;
  for (const std::string& name : now.columns) {
    if (declared.IsKey(name)) continue;
    if (declared.Has(name)) return Cat("Column ", name, " cannot stop being a key");
    ++dropped;
  }
  if (dropped > 0) {
    std::string refusal = DropRefusal(work.table, dropped == now.columns.size());
    if (!refusal.empty()) return refusal;
  }
  for (const std::string& name : wanted.columns) {
    if (table.IsKey(name)) continue;
    if (table.Has(name)) return Cat("Column ", name, " cannot become a key");
    if (work.primary()) return "Key columns of a primary key table cannot be added";
  }
  bool moved = work.primary() && FoldedNames(now.columns) != FoldedNames(wanted.columns);
  return moved ? "Primary key table do not support reorder table schema" : "";
}

// Keeps the key as it is, with the columns of both keys, so that the rest of the
// plan is about the rest.
void KeepKey(TableWork* work) {
  std::vector<Column>& columns = work->wanted.columns;
  std::set<std::string> names;
  for (const auto* key : {&*work->wanted.key, &*work->table.key}) {
    for (const std::string& name : key->columns) names.insert(Folded(name));
  }
  const ColumnLookup table(work->table);
  std::erase_if(columns, [&](const Column& one) {
    return names.contains(Folded(one.name)) && !table.Has(one.name);
  });
  for (Column& column : columns) {
    if (names.contains(Folded(column.name))) column = *table.Find(column.name);
  }
  PutBackColumns(work->table, names, &columns);
  work->wanted.key = work->table.key;
}

}  // namespace

void PlanKey(TableWork* work) {
  std::optional<KeyClause>&now = work->table.key, &wanted = work->wanted.key;
  if (!now) return;
  if (!wanted) {
    // The engine chose the key, and would choose the same again.
    if (now->model == KeyModel::kDuplicate) {
      wanted = now;
      const ColumnLookup declared(work->wanted);
      std::erase_if(wanted->columns, [&](const std::string& name) { return !declared.Has(name); });
      if (!wanted->columns.empty()) return;
    }
    wanted = KeyClause{KeyModel::kDuplicate, {}};
  }
  TableChange change{"key", PrintKey(*now), PrintKey(*wanted)};
  std::string reason;
  if (now->model != wanted->model) {
    reason = Cat("The key model of a table cannot be changed from ", Words(now->model), " to ",
                 Words(wanted->model));
  } else {
    reason = KeyColumnsRefusal(*work);
  }
  if (reason.empty()) return;
  work->plan.Refuse(change, reason, Cat("--rebuild ", work->name.name, " builds it anew."), true);
  KeepKey(work);
  const ColumnLookup table(work->table);
  for (Column& column : work->wanted.columns) {
    const Column* there = table.Find(column.name);
    if (there != nullptr) column.aggregate = there->aggregate;
  }
}

}  // namespace stateserver::schema
