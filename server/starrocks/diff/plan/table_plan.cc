// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/table_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/capabilities.h"
#include "server/starrocks/diff/plan/column_changes.h"
#include "server/starrocks/diff/plan/column_renames.h"
#include "server/starrocks/diff/plan/column_rules.h"
#include "server/starrocks/diff/plan/table_keys.h"
#include "server/starrocks/diff/plan/table_options.h"
#include "server/starrocks/diff/plan/table_partitions.h"
#include "server/starrocks/diff/plan/table_properties.h"
#include "server/starrocks/diff/plan/table_rollups.h"

namespace stateserver::schema {

bool SameName(const std::string& a, const std::string& b) { return EqualIgnoringCase(a, b); }

const Column* FindColumn(const Table& table, const std::string& name) {
  for (const Column& column : table.columns) {
    if (SameName(column.name, name)) return &column;
  }
  return nullptr;
}

Column* FindColumn(Table* table, const std::string& name) {
  return const_cast<Column*>(FindColumn(std::as_const(*table), name));
}

void PutBackColumns(const Table& table, const std::set<std::string>& names,
                    std::vector<Column>* columns) {
  std::set<std::string> there;
  for (const Column& column : *columns) there.insert(Folded(column.name));
  std::map<std::string, std::vector<const Column*>> behind;  // the existing column before them
  std::string before;                                        // empty if none
  for (const Column& column : table.columns) {
    std::string name = Folded(column.name);
    if (there.contains(name)) {
      before = name;
    } else if (names.contains(name)) {
      behind[before].push_back(&column);
    }
  }
  std::vector<Column> out;
  auto add_behind = [&](const std::string& name) {
    auto found = behind.find(name);
    if (found == behind.end()) return;
    for (const Column* column : found->second) out.push_back(*column);
  };
  add_behind("");
  for (Column& column : *columns) {
    std::string name = Folded(column.name);
    out.push_back(std::move(column));
    add_behind(name);
  }
  *columns = std::move(out);
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return SameName(one, name); });
}

bool IsKeyColumn(const Table& table, const std::string& name) {
  return table.key && Contains(table.key->columns, name);
}

bool IsFast(const Table& table, const Engine& engine) {
  if (!Has(Feature::kFastSchemaEvolution, engine.version)) return false;
  auto found = table.properties.find("fast_schema_evolution");
  return found == table.properties.end() || found->second == "true";
}

std::string NormalColumnText(const Column& column) {
  Column normal = column;
  normal.name = Folded(column.name);
  if (normal.generated) normal.generated = NormalGenerated(*normal.generated);
  return PrintColumn(normal);
}

namespace {

// Expressions keep their spelling, because statements show them.
Table Normal(const ObjectName& name, const Table& table, const Engine& engine) {
  Table out = NormalTable(name, table, engine);
  for (Column& column : out.columns) {
    if (column.generated) column.generated = FindColumn(table, column.name)->generated;
  }
  return out;
}

void PlanEngine(TableWork* work) {
  if (work->table.engine == work->wanted.engine) return;
  work->plan.Refuse({"engine", work->table.engine, work->wanted.engine},
                    "The engine of a table cannot be changed",
                    "Create a table of another name, and copy.");
}

void PlanTableComment(TableWork* work) {
  if (work->table.comment == work->wanted.comment) return;
  if (auto missing = Missing(Feature::kAlterTableComment, work->engine.version)) {
    work->plan.Refuse({"comment", QuoteText(work->table.comment), QuoteText(work->wanted.comment)},
                      *missing, "Upgrade the engine, or leave the comment.");
    return;
  }
  Table after = work->table;
  after.comment = work->wanted.comment;
  work->Add(StepClass::kMetadata, Cat("COMMENT = ", QuoteText(after.comment)), after);
}

void PlanComments(TableWork* work) {
  PlanTableComment(work);
  // Without the clause, changing a comment takes a MODIFY of the whole column.
  if (!Has(Feature::kColumnCommentClause, work->engine.version)) return;
  std::map<std::string, size_t> places;  // positions do not change while the table moves from step
                                         // to step
  for (size_t i = 0; i < work->table.columns.size(); ++i) {
    places.emplace(Folded(work->table.columns[i].name), i);
  }
  for (const Column& wanted : work->wanted.columns) {
    auto place = places.find(Folded(wanted.name));
    if (place == places.end()) continue;
    const Column* there = &work->table.columns[place->second];
    if (there->comment == wanted.comment) continue;
    if (!work->MayContinue(work->size())) return;
    Column same = *there;
    same.comment = wanted.comment;
    same.name = wanted.name;
    // Fields are added and dropped in other statements.
    bool only_fields = FieldClauses(*there, wanted).has_value();
    if (!only_fields && NormalColumnText(same) != NormalColumnText(wanted)) continue;
    std::string modify = Cat("MODIFY COLUMN ", QuoteName(there->name), " COMMENT ");
    Undo undo{Reversibility::kLossless, {modify + QuoteText(there->comment)}, ""};
    Table after = work->table;
    after.columns[place->second].comment = wanted.comment;
    work->Add(StepClass::kMetadata, modify + QuoteText(wanted.comment), std::move(after)).undo =
        std::move(undo);
  }
}

}  // namespace

TablePlan PlanTable(const ObjectName& name, const Table& now, const Table& wanted,
                    const Engine& engine, const TablePlanOptions& options,
                    std::function<void(const TableStep&)> on_step) {
  TableWork work{name, engine, options, Normal(name, now, engine), Normal(name, wanted, engine),
                 {}};
  for (const auto& [key, value] : wanted.properties) work.options.properties.named.insert(key);
  work.plan.on_step = std::move(on_step);
  for (auto part : {PlanEngine, PlanRenames, PlanKey, PlanComments, PlanScheme, PlanDroppedRollups,
                    PlanEarlySortKey, PlanColumns, PlanSortKey, PlanAddedRollups, PlanDistribution,
                    PlanProperties, PlanPartitions}) {
    if (!work.MayContinue(work.size() + work.wanted.columns.size())) break;
    part(&work);
  }
  work.plan.Seal();
  work.plan.after = std::move(work.table);
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
  options.properties.complete = true;
  options.undo = true;
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
    out.undo = {Reversibility::kImpossible, {}, "No statement undoes it"};
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
