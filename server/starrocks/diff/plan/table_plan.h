// SPDX-License-Identifier: Apache-2.0
//
// The steps that change one table.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/work_meter.h"
#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/capabilities.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {

// One ALTER TABLE of `before`, which makes `after` of it; both in normal form.
struct TableStep {
  StepClass step_class = StepClass::kMetadata;
  std::string clause;  // what follows "ALTER TABLE t "
  bool job = false;
  bool destructive = false;
  Table before, after;
  // Where the undo is not the plan from `after` to `before`.
  std::optional<Undo> undo;
  // Columns whose type changes or that get another name, in lower case; `*` where
  // every materialized view on the table becomes inactive.
  std::vector<std::string> inactivates;
  // Columns that are dropped or renamed, in lower case: what reads them breaks.
  std::vector<std::string> removes;
};

struct TableChange {
  std::string attribute;
  std::string from, to;
};

// A step is sealed once the next one is added or the plan is complete. Its tables are dropped
// then, so that a plan of many steps does not hold as many copies of a table.
struct TablePlan {
  // What becomes of each step; may be null.
  std::function<void(const TableStep&)> on_step;
  std::unique_ptr<TableStep> open;  // null between steps
  std::vector<Refusal> refusals;
  std::vector<PlanWarning> warnings;
  std::vector<Unmanaged> unmanaged;

  void Seal() {
    if (open && on_step) on_step(*open);
    open.reset();
  }

  void Refuse(const TableChange& change, std::string reason, std::string hint,
              bool rebuild = false) {
    refusals.push_back({{},
                        change.attribute,
                        change.from,
                        change.to,
                        std::move(reason),
                        std::move(hint),
                        rebuild});
  }
  void Warn(std::string attribute, std::string message) {
    warnings.push_back({{}, std::move(attribute), std::move(message)});
  }
};

struct TablePlanOptions {
  // Old and new names of columns.
  std::vector<std::pair<std::string, std::string>> renames;
  bool partitions = false;
  // Columns that a synchronous materialized view of the table reads, lower case.
  std::set<std::string> protected_columns;
  // Columns, in lower case, that a declared view reads: they may not be dropped.
  // The second is the view.
  std::map<std::string, std::string> needed_columns;
  // As in PlanOptions.
  WorkMeter* meter = nullptr;
};

// `now` is the engine's, `wanted` declared. The objects of what it returns are
// empty; the caller knows the table. `on_step` gets every step, in order, as it is sealed. The plan
// has an early end where the meter stops.
TablePlan PlanTable(const ObjectName& name, const Table& now, const Table& wanted,
                    const Engine& engine, const TablePlanOptions& options,
                    std::function<void(const TableStep&)> on_step);

// The step as people and the engine read it, with what undoes it.
Step Finish(const ObjectName& name, const TableStep& step, const Engine& engine, WorkMeter* meter);

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
