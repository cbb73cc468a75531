// SPDX-License-Identifier: Apache-2.0
//
// ORDER BY, which writes the table anew.
#include <algorithm>
#include <array>

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print_internal.h"
#include "server/starrocks/diff/plan/column_lookup.h"
#include "server/starrocks/diff/plan/table_work.h"

namespace stateserver::schema {
namespace {

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
  }
  return "";
}

}  // namespace

void PlanSortKey(TableWork* work) {
  auto folded = [](std::vector<std::string> names) {
    for (std::string& name : names) name = Folded(name);
    return names;
  };
  if (folded(work->table.order_by) == folded(work->wanted.order_by)) return;
  std::vector<std::string> wanted = work->wanted.order_by;
  TableChange change{"sort key", PrintNames(work->table.order_by), PrintNames(wanted)};
  if (wanted.empty()) {
    return work->plan.Refuse(
        change, "A sort key cannot be taken away, only changed",
        Cat("Declare ORDER BY with the key columns, or --rebuild ", work->name.name, "."), true);
  }
  std::string reason = WhyNot(*work, wanted);
  if (!reason.empty()) {
    return work->plan.Refuse(change, reason,
                             Cat("--rebuild ", work->name.name, " builds the table anew."), true);
  }
  // Names in ORDER BY have a case.
  const ColumnLookup table(work->table);
  for (std::string& name : wanted) name = table.Find(name)->name;
  Table after = work->table;
  after.order_by = wanted;
  work->Add(StepClass::kColumn, Cat("ORDER BY (", PrintNames(wanted), ")"), after).inactivates = {
      "*"};
  work->plan.Warn("sort key", "rewrites all data");
}

}  // namespace stateserver::schema
