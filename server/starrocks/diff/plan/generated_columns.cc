// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/generated_columns.h"

#include <algorithm>
#include <map>
#include <vector>

#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/column_clauses.h"
#include "server/starrocks/diff/plan/column_rules.h"

namespace stateserver::schema {

namespace {

using Kind = ColumnClause::Kind;

Table WithoutGenerated(Table table) {
  std::erase_if(table.columns, [](const Column& column) { return column.generated.has_value(); });
  return table;
}

// Returns the columns, in lower case, that the plan changes or moves if nothing else is in the way.
std::set<std::string> ChangedColumns(const TableWork& work) {
  TableWork bare{work.name,
                 work.engine,
                 work.options,
                 WithoutGenerated(work.table),
                 WithoutGenerated(work.wanted),
                 {}};
  RefuseColumns(&bare);
  std::set<std::string> changed;
  for (const ColumnClause& clause : ColumnClauses(&bare)) {
    bool changes = clause.kind == Kind::kModify || clause.kind == Kind::kAddField ||
                   clause.kind == Kind::kDropField;
    if (changes) changed.insert(Folded(clause.name));
  }
  return changed;
}

bool ReadsAny(const ColumnLookup& table, const Column& column,
              const std::set<std::string>& changed) {
  std::vector<std::string> reads = table.ReadBy(*column.generated);
  return std::any_of(reads.begin(), reads.end(),
                     [&](const std::string& name) { return changed.contains(Folded(name)); });
}

bool MayBeDropped(const TableWork& work, const ColumnLookup& table, const std::string& name) {
  return !table.IsKey(name) && !table.IsPartition(name) && !table.IsDistribution(name) &&
         !table.IsSort(name) && !table.IsInRollup(name) &&
         !work.options.protected_columns.contains(name);
}

}  // namespace

std::set<std::string> ColumnsToRecompute(const TableWork& work) {
  std::map<std::string, size_t> there;  // positions
  for (size_t i = 0; i < work.table.columns.size(); ++i) {
    const Column& column = work.table.columns[i];
    if (column.generated) there.emplace(Folded(column.name), i);
  }
  if (there.empty()) return {};
  const ColumnLookup table(work.table);
  const std::set<std::string> changed = ChangedColumns(work);
  std::set<std::string> out;
  // Added columns go to the end, so only the first columns in the wanted order may stay.
  bool staying = true;
  size_t next = 0;
  for (const Column& column : work.wanted.columns) {
    if (!column.generated) continue;
    std::string name = Folded(column.name);
    auto found = there.find(name);
    bool exists = found != there.end();
    if (exists) {
      const Column& live = work.table.columns[found->second];
      staying = staying && found->second >= next && !ReadsAny(table, live, changed);
      next = found->second + 1;
    } else {
      staying = staying && !table.Has(name);
    }
    if (exists && !staying) out.insert(name);
    if (!exists) staying = false;
  }
  bool possible = std::all_of(out.begin(), out.end(), [&](const std::string& name) {
    return MayBeDropped(work, table, name);
  });
  return possible ? out : std::set<std::string>();
}

}  // namespace stateserver::schema
