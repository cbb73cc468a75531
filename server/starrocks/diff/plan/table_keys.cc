// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/table_keys.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/text.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/column_clauses.h"

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

// Returns the engine's message for dropping key columns that must not be dropped.
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

// Returns the reason for which key columns cannot be changed as declared, or "".
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

bool HasKeyFirst(const Table& table) {
  const std::vector<std::string>& names = table.key->columns;
  return names.size() <= table.columns.size() &&
         std::equal(names.begin(), names.end(), table.columns.begin(),
                    [](const std::string& name, const Column& column) {
                      return EqualIgnoringCase(name, column.name);
                    });
}

// Keeps the key unchanged, with the columns of both keys, so that the plan covers the remaining
// changes.
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

std::vector<std::string> Sorted(std::vector<std::string> names) {
  for (std::string& name : names) name = Folded(name);
  std::sort(names.begin(), names.end());
  return names;
}

bool IsPrimarySortType(const DataType& type) {
  constexpr std::array<std::string_view, 9> kTypes = {
      "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "LARGEINT", "VARCHAR", "DATE", "DATETIME"};
  return std::find(kTypes.begin(), kTypes.end(), type.name) != kTypes.end();
}

// CREATE also takes other types behind the first column.
bool IsSortType(const Column& column, bool first) {
  constexpr std::array<std::string_view, 9> kOthers = {
      "JSON", "ARRAY", "MAP", "STRUCT", "BITMAP", "HLL", "PERCENTILE", "FLOAT", "DOUBLE"};
  if (!column.type) return false;
  bool real = column.type->name == "FLOAT" || column.type->name == "DOUBLE";
  if (real && !first) return true;
  return std::find(kOthers.begin(), kOthers.end(), column.type->name) == kOthers.end();
}

// Returns the declared sort key. Without ORDER BY, a table is sorted by its key.
std::vector<std::string> WantedSortKey(const TableWork& work) {
  bool implied = work.wanted.order_by.empty() && work.table.key;
  return implied ? work.table.key->columns : work.wanted.order_by;
}

std::string WhyNot(const TableWork& work, const std::vector<std::string>& wanted) {
  if (wanted.size() == work.table.columns.size()) {
    return "ORDER BY with all columns reorders them, and sets no sort key";
  }
  if (work.Is(KeyModel::kAggregate) || work.Is(KeyModel::kUnique)) {
    if (Sorted(wanted) != Sorted(work.table.key->columns)) {
      return Cat("The sort columns of ", work.Is(KeyModel::kUnique) ? "UNIQUE" : "AGGREGATE",
                 " KEY table must be same with key columns");
    }
  }
  const ColumnLookup table(work.table);
  for (const std::string& name : wanted) {
    const Column* column = table.Find(name);
    if (column == nullptr) return Cat("Column[", name, "] not exists");
    if (work.primary() && !(column->type && IsPrimarySortType(*column->type))) {
      return Cat("Sort key column[", name, "] type not supported in PrimaryKey table");
    }
    if (!work.primary() && !IsSortType(*column, name == wanted[0])) {
      return Cat("Sort key column[", name, "] type not supported");
    }
  }
  return "";
}

}  // namespace

void PlanKey(TableWork* work) {
  std::optional<KeyClause>&now = work->table.key, &wanted = work->wanted.key;
  if (!now) return;
  std::string reason;
  if (!wanted) {
    // The engine chose the key, and would choose the same again.
    wanted = KeyClause{KeyModel::kDuplicate, {}};
    if (now->model == KeyModel::kDuplicate) {
      wanted->columns = now->columns;
      const ColumnLookup declared(work->wanted);
      std::erase_if(wanted->columns, [&](const std::string& name) { return !declared.Has(name); });
      if (!wanted->columns.empty() && HasKeyFirst(work->wanted)) return;
      if (!wanted->columns.empty()) {
        reason = "Key columns must be the first few columns of the schema";
      }
    }
  }
  TableChange change{"key", PrintKey(*now), PrintKey(*wanted)};
  if (now->model != wanted->model) {
    reason = Cat("The key model of a table cannot be changed from ", Words(now->model), " to ",
                 Words(wanted->model));
  } else if (reason.empty()) {
    reason = KeyColumnsRefusal(*work);
  }
  if (reason.empty()) return;
  work->plan.Refuse(change, reason, "Rebuild the table.", true);
  work->rebuilds_key = true;
  KeepKey(work);
  const ColumnLookup table(work->table);
  for (Column& column : work->wanted.columns) {
    const Column* there = table.Find(column.name);
    if (there != nullptr) column.aggregate = there->aggregate;
  }
}

void PlanEarlySortKey(TableWork* work) {
  const ColumnLookup table(work->table), wanted(work->wanted);
  bool first = std::any_of(
      work->table.order_by.begin(), work->table.order_by.end(), [&](const std::string& name) {
        const Column *live = table.Find(name), *declared = wanted.Find(name);
        if (live == nullptr || Contains(WantedSortKey(*work), name)) return false;
        bool changes =
            declared != nullptr && NormalColumnText(*live) != NormalColumnText(*declared);
        return declared == nullptr || (work->primary() && changes);
      });
  if (!first) return;
  std::vector<std::string> names = WantedSortKey(*work);
  bool there = std::all_of(names.begin(), names.end(),
                           [&](const std::string& name) { return table.Has(name); });
  if (there && !names.empty() && WhyNot(*work, names).empty()) PlanSortKey(work);
}

void PlanSortKey(TableWork* work) {
  std::vector<std::string> there = FoldedNames(work->table.order_by);
  std::vector<std::string> wanted = WantedSortKey(*work);
  if (there == FoldedNames(work->wanted.order_by) || there == FoldedNames(wanted)) return;
  TableChange change{"sort key", PrintNames(work->table.order_by),
                     PrintNames(work->wanted.order_by)};
  if (wanted.empty()) {
    return work->plan.Refuse(change, "A sort key cannot be taken away, only changed",
                             "Declare ORDER BY with the key columns, or rebuild the table.", true);
  }
  std::string reason = WhyNot(*work, wanted);
  if (!reason.empty()) {
    return work->plan.Refuse(change, reason, "Rebuild the table.", true);
  }
  // Names in ORDER BY are case-sensitive.
  const ColumnLookup table(work->table);
  for (std::string& name : wanted) name = table.Find(name)->name;
  Table after = work->table;
  after.order_by = wanted;
  work->Add(StepClass::kColumn, Cat("ORDER BY (", PrintNames(wanted), ")"), after).inactivates = {
      "*"};
  work->plan.Warn("sort key", "rewrites all data");
}

}  // namespace stateserver::schema
