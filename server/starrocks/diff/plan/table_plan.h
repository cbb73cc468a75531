// SPDX-License-Identifier: Apache-2.0
//
// Planning of the steps that change one table.
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
#include "server/starrocks/diff/compare/properties.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {

// TableStep is one ALTER TABLE that changes `before` to `after`, both in normal form.
struct TableStep {
  StepClass step_class = StepClass::kMetadata;
  std::string clause;  // the text after "ALTER TABLE t "
  bool job = false;
  bool destructive = false;
  Table before, after;
  // Set if the undo differs from the plan from `after` to `before`.
  std::optional<Undo> undo;
  // Columns that are renamed or change their type, in lower case; `*` if every materialized view on
  // the table becomes inactive.
  std::vector<std::string> inactivates;
  // Columns that are dropped or renamed, in lower case; objects that read them break.
  std::vector<std::string> removes;
};

struct TableChange {
  std::string attribute;
  std::string from, to;
};

// TablePlan collects steps. A step is sealed when the next one is added or the plan is complete.
// Sealing discards the step's tables, so that a long plan does not hold a copy of the table per
// step.
struct TablePlan {
  // Receives each sealed step; may be null.
  std::function<void(const TableStep&)> on_step;
  std::unique_ptr<TableStep> open;  // null between steps
  std::vector<Refusal> refusals;
  std::vector<PlanWarning> warnings;
  std::vector<Unmanaged> unmanaged;
  Table after;  // the table after the steps

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
  // Columns that a synchronous materialized view of the table reads, in lower case.
  std::set<std::string> protected_columns;
  // Columns, in lower case, that a declared view reads and that must not be dropped, with the view.
  std::map<std::string, std::string> needed_columns;
  // The properties that are managed although the declaration does not name them.
  PropertyScope properties;
  // True for the undo of a step. The engine remembers the bloom filter of a dropped column, so a
  // column that is added again has it.
  bool undo = false;
  // Columns, in lower case, that an earlier part of the same plan added.
  std::set<std::string> added_columns;
  // Names, in lower case, that columns of the table had before they were renamed. The engine does
  // not accept a new column of such a name.
  std::set<std::string> former_columns;
  // See PlanOptions.
  WorkMeter* meter = nullptr;
};

// Plans the change of a table. `now` comes from the engine, `wanted` is declared. The object names
// in the result are empty; the caller sets them. `on_step` receives every step in order when it is
// sealed. The plan ends early if the meter stops.
TablePlan PlanTable(const ObjectName& name, const Table& now, const Table& wanted,
                    const Engine& engine, const TablePlanOptions& options,
                    std::function<void(const TableStep&)> on_step);

// Returns the step as a statement with its undo.
Step Finish(const ObjectName& name, const TableStep& step, const Engine& engine, WorkMeter* meter);

// TableWork is the state of planning one table. `table` is the table after the steps so far.
// Refused changes are removed from `wanted`, so that the remaining parts of the plan stay
// consistent.
struct TableWork {
  ObjectName name;
  Engine engine;
  TablePlanOptions options;
  Table table;
  Table wanted;
  TablePlan plan;
  // True if the key is refused and a rebuild would change it.
  bool rebuilds_key = false;

  // Adds a step that changes the table to `after`. The reference is valid until the next Add.
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
  // Counts `units` of work. Returns false if the plan must end.
  bool MayContinue(size_t units = 1) {
    return options.meter == nullptr || options.meter->MayContinue(static_cast<int64_t>(units));
  }
  // Returns the approximate size of a copy of the table, in units of work.
  size_t size() const {
    return 1 + table.columns.size() +
           (table.partitioning ? table.partitioning->partitions.size() : 0);
  }
  bool primary() const { return Is(KeyModel::kPrimary); }
  bool Is(KeyModel model) const { return table.key && table.key->model == model; }
};

// Compares names without case.
bool SameName(const std::string& a, const std::string& b);
// Find a column without regard to case; return null if there is none.
const Column* FindColumn(const Table& table, const std::string& name);
Column* FindColumn(Table* table, const std::string& name);
// Inserts the columns of `table` with these names (in lower case) at their original positions: each
// after the nearest preceding column that exists.
void PutBackColumns(const Table& table, const std::set<std::string>& names,
                    std::vector<Column>* columns);
bool Contains(const std::vector<std::string>& names, const std::string& name);
// Returns true for a column of the key. Use a ColumnLookup for frequent queries.
bool IsKeyColumn(const Table& table, const std::string& name);
bool IsFast(const Table& table, const Engine& engine);
// Returns the column in a comparable form: its name folded, its expression normalized.
std::string NormalColumnText(const Column& column);

}  // namespace stateserver::schema
