// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/column_renames.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/token_stream.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/capabilities.h"

namespace stateserver::schema {

namespace {

void RenameIn(std::vector<std::string>* names, const std::string& old_name,
              const std::string& new_name) {
  for (std::string& name : *names) {
    if (Folded(name) == Folded(old_name)) name = new_name;
  }
}

std::string RenamedExpression(const std::string& text, const std::string& old_name,
                              const std::string& new_name) {
  Lexed lexed = Lex(text, "");
  if (lexed.error) return text;
  for (Token& token : lexed.tokens) {
    if (token.kind != Token::Kind::kWord && token.kind != Token::Kind::kQuotedName) continue;
    if (Folded(token.value) == Folded(old_name)) token.value = new_name;
  }
  return NormalText(lexed.tokens.data(), lexed.tokens.data() + lexed.tokens.size() - 1);
}

// The engine renames the column wherever the table refers to it.
Table Renamed(Table table, const std::string& old_name, const std::string& new_name) {
  FindColumn(&table, old_name)->name = new_name;
  if (table.key) RenameIn(&table.key->columns, old_name, new_name);
  if (table.distribution) RenameIn(&table.distribution->columns, old_name, new_name);
  RenameIn(&table.order_by, old_name, new_name);
  for (Index& index : table.indexes) RenameIn(&index.columns, old_name, new_name);
  if (table.partitioning) {
    for (std::string& term : table.partitioning->terms) {
      term = RenamedExpression(term, old_name, new_name);
    }
  }
  for (Column& column : table.columns) {
    if (column.generated)
      *column.generated = RenamedExpression(*column.generated, old_name, new_name);
  }
  return table;
}

void RenameColumn(TableWork* work, const std::string& old_name, const std::string& new_name) {
  TableStep& step = work->Add(
      StepClass::kMetadata, Cat("RENAME COLUMN ", QuoteName(old_name), " TO ", QuoteName(new_name)),
      Renamed(work->table, old_name, new_name));
  step.undo = Undo{Reversibility::kLossless,
                   {Cat("RENAME COLUMN ", QuoteName(new_name), " TO ", QuoteName(old_name))},
                   ""};
  step.inactivates = step.removes = {Folded(old_name)};
}

// Returns a temporary name that no column has.
std::string Spare(const TableWork& work) {
  std::string name = "spare__";
  while (FindColumn(work.table, name) != nullptr || FindColumn(work.wanted, name) != nullptr) {
    name.push_back('_');
  }
  return name;
}

bool MayRename(TableWork* work, const std::string& old_name, const std::string& new_name) {
  TableChange change{Cat("column ", old_name), old_name, new_name};
  if (auto missing = Missing(Feature::kRenameColumn, work->engine.version)) {
    work->plan.Refuse(change, *missing, "Add the new column, copy, and drop the old one.");
    return false;
  }
  auto needed = work->options.needed_columns.find(Folded(old_name));
  if (needed != work->options.needed_columns.end()) {
    work->plan.Refuse(change,
                      Cat("Column '", old_name, "' cannot be resolved: ", needed->second,
                          " is declared and reads it"),
                      Cat("Change the declaration of ", needed->second, ", too."));
    return false;
  }
  if (work->options.protected_columns.contains(Folded(old_name))) {
    work->plan.Refuse(change,
                      Cat("Can not drop/modify the column ", old_name,
                          ", because the column is used in a synchronous materialized view"),
                      "Drop that materialized view first, and create it again afterwards.");
    return false;
  }
  return true;
}

}  // namespace

void PlanRenames(TableWork* work) {
  auto left = work->options.renames;
  // Each round renames those whose new name is free; a cycle needs a temporary name.
  while (!left.empty() && work->MayContinue(work->size() + left.size())) {
    auto free = std::find_if(left.begin(), left.end(), [&](const auto& rename) {
      return FindColumn(work->table, rename.second) == nullptr;
    });
    if (free == left.end()) {
      std::string spare = Spare(*work);
      if (!MayRename(work, left.front().first, left.front().second)) return;
      RenameColumn(work, left.front().first, spare);
      left.front().first = spare;
      continue;
    }
    auto [old_name, new_name] = *free;
    left.erase(free);
    if (MayRename(work, old_name, new_name)) {
      RenameColumn(work, old_name, new_name);
    } else {
      work->wanted = Renamed(std::move(work->wanted), new_name, old_name);
    }
  }
}

}  // namespace stateserver::schema
