// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/table_rollups.h"

#include <set>
#include <string>
#include <vector>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/compare_tables.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/column_clauses.h"

namespace stateserver::schema {
namespace {

bool SameColumns(const Rollup& a, const Rollup& b) {
  if (a.columns.size() != b.columns.size()) return false;
  for (size_t i = 0; i < a.columns.size(); ++i) {
    if (Folded(a.columns[i]) != Folded(b.columns[i])) return false;
  }
  return true;
}

std::string Print(const std::vector<const Rollup*>& rollups) {
  std::string text;
  for (const Rollup* rollup : rollups) {
    AppendTo(&text, text.empty() ? "ADD ROLLUP " : ", ", PrintRollup(*rollup));
  }
  return text;
}

}  // namespace

void PlanDroppedRollups(TableWork* work) {
  const std::vector<Rollup> there = work->table.rollups;
  ForEachPair(there, work->wanted.rollups, [&](const Rollup* live, const Rollup* wanted) {
    if (live == nullptr || (wanted != nullptr && SameColumns(*live, *wanted))) return;
    if (!work->MayContinue(work->size())) return;
    Table after = work->table;
    std::erase_if(after.rollups, [&](const Rollup& one) { return one.name == live->name; });
    work->Add(StepClass::kMetadata, Cat("DROP ROLLUP ", QuoteName(live->name)), after);
  });
}

void PlanAddedRollups(TableWork* work) {
  std::vector<const Rollup*> added;
  const std::vector<Rollup> there = work->table.rollups;
  ForEachPair(there, work->wanted.rollups, [&](const Rollup* live, const Rollup* wanted) {
    if (live == nullptr) added.push_back(wanted);
  });
  if (added.empty()) return;
  if (work->primary()) {
    work->plan.Refuse({Cat("rollup ", added[0]->name), "", PrintRollup(*added[0])},
                      "Do not support add rollup on primary key table",
                      "Declare a materialized view instead.");
    return;
  }
  const ColumnLookup table(work->table);
  for (const Rollup* rollup : added) {
    for (const std::string& name : rollup->columns) {
      if (table.Has(name)) continue;
      work->plan.Refuse({Cat("rollup ", rollup->name), "", PrintRollup(*rollup)},
                        Cat("Column[", name, "] does not exist in base index"),
                        "Declare the column, or remove it from the rollup.");
      return;
    }
  }
  for (const Rollup* rollup : added) {
    if (!work->Is(KeyModel::kUnique)) break;
    std::set<std::string> names;
    for (const std::string& name : rollup->columns) names.insert(Folded(name));
    for (const std::string& key : work->table.key->columns) {
      if (names.contains(Folded(key))) continue;
      work->plan.Refuse({Cat("rollup ", rollup->name), "", PrintRollup(*rollup)},
                        "Rollup should contains all unique keys in basetable",
                        Cat("Put ", key, " into it."));
      return;
    }
  }
  Table after = work->table;
  for (const Rollup* rollup : added) after.rollups.push_back(*rollup);
  work->Add(StepClass::kRollup, Print(added), after);
}

}  // namespace stateserver::schema
