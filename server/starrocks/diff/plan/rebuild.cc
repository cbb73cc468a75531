// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/rebuild.h"

#include <map>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/column_clauses.h"
#include "server/starrocks/diff/plan/object_steps.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {
namespace {

using Renames = std::vector<std::pair<std::string, std::string>>;

struct Copied {
  std::vector<std::string> from, to;
};

// Returns false if a column requires a value and none is available.
bool Columns(const Object& live, const Object& declared, const Renames& renames, Plan* plan,
             Copied* out) {
  const Table &there = std::get<Table>(live.definition),
              &wanted = std::get<Table>(declared.definition);
  std::map<std::string, std::string> old_names;
  for (const auto& [old_name, new_name] : renames) old_names.emplace(Folded(new_name), old_name);
  const ColumnLookup columns(there);
  bool possible = true;
  for (const Column& column : wanted.columns) {
    if (column.generated) continue;
    auto renamed = old_names.find(Folded(column.name));
    const Column* source = columns.Find(renamed == old_names.end() ? column.name : renamed->second);
    if (source != nullptr) {
      out->from.push_back(source->name);
      out->to.push_back(column.name);
      continue;
    }
    bool needed =
        !column.nullable.value_or(true) && !column.default_value && !column.auto_increment;
    if (!needed) continue;
    possible = false;
    plan->refusals.push_back(
        {declared.name, Cat("column ", column.name), "", PrintColumn(column),
         Cat("Field '", column.name, "' is not null but doesnt have a default value"),
         "Give it a DEFAULT, or declare it NULL.", false});
  }
  return possible;
}

}  // namespace

std::string ShadowName(const std::string& name) { return name + "__new"; }
std::string UndoName(const std::string& name) { return name + "__undo"; }

void PlanRebuild(const Object& live, const Object& declared, const Renames& renames, Plan* plan) {
  Copied columns;
  if (!Columns(live, declared, renames, plan, &columns)) return;
  const std::string &name = declared.name.name, shadow = ShadowName(name), kept = UndoName(name);
  Object beside = declared;
  beside.name.name = shadow;
  auto add = [&](std::string statement, std::vector<std::string> undo, std::string why = "") {
    Step step{declared.name, StepClass::kCopySwap, std::move(statement), false, false, {}};
    step.undo.statements = std::move(undo);
    if (!why.empty()) step.undo.reversibility = Reversibility::kLossy;
    step.undo.why = std::move(why);
    plan->steps.push_back(std::move(step));
  };
  add(CreateStatement(beside), {DropStatement(beside)});
  add(Cat("INSERT INTO ", QuoteName(shadow), " (", PrintNames(columns.to), ") SELECT ",
          PrintNames(columns.from), " FROM ", QuoteName(name)),
      {Cat("TRUNCATE TABLE ", QuoteName(shadow))});
  add(Cat("SELECT assert_true((SELECT count(*) FROM ", QuoteName(name),
          ") = (SELECT count(*) FROM ", QuoteName(shadow), "), 'the copy of ", name,
          " has another number of rows')"),
      {});
  std::string swap = Cat("ALTER TABLE ", QuoteName(name), " SWAP WITH ", QuoteName(shadow));
  add(swap, {swap}, "Rows that are written after the swap are in the new table only");
  add(Cat("ALTER TABLE ", QuoteName(shadow), " RENAME ", QuoteName(kept)),
      {Cat("ALTER TABLE ", QuoteName(kept), " RENAME ", QuoteName(shadow))});
  plan->warnings.push_back(
      {declared.name, "",
       Cat("copies all data; the old table stays as ", kept, " until you drop it")});
}

}  // namespace stateserver::schema
