// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/table_plan.h"

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/diff/compare/digest.h"
#include "server/starrocks/diff/compare/properties.h"
#include "server/starrocks/diff/plan/table_work.h"

namespace stateserver::schema {
namespace {

// Expressions keep their spelling: statements show them.
Table Normal(const ObjectName& name, const Table& table, const Engine& engine) {
  Table out = NormalTable(name, table, engine);
  for (size_t i = 0; i < out.columns.size(); ++i) {
    out.columns[i].generated = table.columns[i].generated;
  }
  return out;
}

void PlanEngine(TableWork* work) {
  if (work->table.engine == work->wanted.engine) return;
  work->plan.Refuse({"engine", work->table.engine, work->wanted.engine},
                    "The engine of a table cannot be changed",
                    "Create a table of another name, and copy.");
}

}  // namespace

TablePlan PlanTable(const ObjectName& name, const Table& now, const Table& wanted,
                    const Engine& engine, const TablePlanOptions& options,
                    std::function<void(const TableStep&)> on_step) {
  TableWork work{name, engine, options, Normal(name, now, engine), Normal(name, wanted, engine),
                 {}};
  work.plan.on_step = std::move(on_step);
  for (auto part :
       {PlanEngine, PlanRenames, PlanKey, PlanComments, PlanPartitions, PlanDroppedRollups,
        PlanColumns, PlanSortKey, PlanAddedRollups, PlanDistribution, PlanProperties}) {
    if (!work.MayContinue(work.size() + work.wanted.columns.size())) break;
    part(&work);
  }
  work.plan.Seal();
  return std::move(work.plan);
}

Step Finish(const ObjectName& name, const TableStep& step, const Engine& engine, WorkMeter* meter) {
  std::string alter = Cat("ALTER TABLE ", QuoteName(name.name), " ");
  Step out{name, step.step_class, alter + step.clause, step.job, step.destructive, {}};
  out.before = ObjectDigest({name, step.before, {}}, engine, /*printed=*/false);
  out.after = ObjectDigest({name, step.after, {}}, engine, /*printed=*/false);
  if (step.undo) {
    out.undo = *step.undo;
    for (std::string& clause : out.undo.statements) clause.insert(0, alter);
    return out;
  }
  TablePlanOptions options;
  options.partitions = true;
  options.meter = meter;
  std::vector<std::string> statements;
  TablePlan back =
      PlanTable(name, step.after, step.before, engine, options,
                [&](const TableStep& undo) { statements.push_back(alter + undo.clause); });
  if (!back.refusals.empty()) {
    out.undo = {Reversibility::kImpossible, {}, back.refusals.front().reason};
    return out;
  }
  if (statements.empty()) {
    out.undo = {Reversibility::kImpossible, {}, "No statement takes it back"};
    return out;
  }
  out.undo.statements = std::move(statements);
  if (step.destructive) {
    out.undo.reversibility = Reversibility::kLossy;
    out.undo.why = "What is dropped comes back without its data";
  }
  return out;
}

}  // namespace stateserver::schema
