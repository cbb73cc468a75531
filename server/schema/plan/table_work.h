// The table on its way: what the parts of a table's plan share.
#pragma once

#include <string>
#include <utility>

#include "server/schema/compare/normal_table.h"
#include "server/schema/plan/capabilities.h"
#include "server/schema/plan/table_plan.h"

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

  // Adds a step that makes `after` of the table.
  TableStep& Add(StepClass step_class, std::string clause, Table after) {
    TableStep step;
    step.step_class = step_class;
    step.clause = std::move(clause);
    step.job = step_class == StepClass::kColumn || step_class == StepClass::kOptimize ||
               step_class == StepClass::kRollup;
    step.before = std::move(table);
    step.after = after;
    table = std::move(after);
    plan.steps.push_back(std::move(step));
    return plan.steps.back();
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

// Finds a column whatever the case of its name; null where it is not.
const Column* FindColumn(const Table& table, const std::string& name);
Column* FindColumn(Table* table, const std::string& name);
// Inserts the column of `table` where it stood: behind those before it.
void PutBackColumn(const Table& table, const Column& column, std::vector<Column>* columns);
bool Contains(const std::vector<std::string>& names, const std::string& name);
// "KEY" columns, partition, distribution and sort columns of the table.
bool IsKeyColumn(const Table& table, const std::string& name);
bool IsDistributionColumn(const Table& table, const std::string& name);
bool IsPartitionColumn(const Table& table, const std::string& name);
bool IsFast(const Table& table, const Engine& engine);
// The column as it compares: its name folded, its expression in normal form.
std::string NormalColumnText(const Column& column);
// Whether the expression's text has the name as a word.
bool Reads(const std::string& expression, const std::string& name);

}  // namespace stateserver::schema
