// SPDX-License-Identifier: Apache-2.0
//
// The table on its way: what the parts of a table's plan share.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/capabilities.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// `table` is what it is after the steps so far; `wanted` loses what was refused,
// so that the other parts of the plan still fit together.
struct TableWork {
  ObjectName name;
  Engine engine;
  TablePlanOptions options;
  Table table;
  Table wanted;
  TablePlan plan;

  // Adds a step that makes `after` of the table; what is set in it holds until the next one.
  TableStep& Add(StepClass step_class, std::string clause, Table after) {
    plan.Seal();
    plan.open = std::make_unique<TableStep>();
    TableStep& step = *plan.open;
    step.step_class = step_class;
    step.clause = std::move(clause);
    step.job = step_class == StepClass::kColumn || step_class == StepClass::kOptimize ||
               step_class == StepClass::kRollup;
    step.before = std::move(table);
    step.after = after;
    table = std::move(after);
    return step;
  }
  // Counts `units` of work on the plan. False once it must end.
  bool MayContinue(size_t units = 1) {
    return options.meter == nullptr || options.meter->MayContinue(static_cast<int64_t>(units));
  }
  // As large as a copy of the table is.
  size_t size() const {
    return 1 + table.columns.size() +
           (table.partitioning ? table.partitioning->partitions.size() : 0);
  }
  bool primary() const { return Is(KeyModel::kPrimary); }
  bool Is(KeyModel model) const { return table.key && table.key->model == model; }
};

// In the order in which PlanTable calls them.
void PlanKey(TableWork* work);
void PlanRenames(TableWork* work);
void PlanComments(TableWork* work);
void PlanPartitions(TableWork* work);
void PlanDroppedRollups(TableWork* work);
void PlanColumns(TableWork* work);
void PlanSortKey(TableWork* work);
void PlanAddedRollups(TableWork* work);
void PlanDistribution(TableWork* work);
void PlanProperties(TableWork* work);

// Whatever the case of letters.
bool SameName(const std::string& a, const std::string& b);
// Finds a column whatever the case of its name; null where it is not.
const Column* FindColumn(const Table& table, const std::string& name);
Column* FindColumn(Table* table, const std::string& name);
// Inserts the columns of `table` with these names, in lower case, where they stood: each behind the
// one before it that is there.
void PutBackColumns(const Table& table, const std::set<std::string>& names,
                    std::vector<Column>* columns);
bool Contains(const std::vector<std::string>& names, const std::string& name);
// "KEY" and distribution columns of the table. Those who ask often use a ColumnLookup.
bool IsKeyColumn(const Table& table, const std::string& name);
bool IsDistributionColumn(const Table& table, const std::string& name);
bool IsFast(const Table& table, const Engine& engine);
// The column as it compares: its name folded, its expression in normal form.
std::string NormalColumnText(const Column& column);

}  // namespace stateserver::schema
