// Columns, fields and indexes: clauses packed into as few statements as may be.
#include <algorithm>

#include "common/text.h"
#include "server/schema/parse/token_text.h"
#include "server/schema/plan/column_clauses.h"
#include "server/schema/print/print_internal.h"

namespace stateserver::schema {
namespace {

using Kind = ColumnClause::Kind;

bool IsColumn(Kind kind) { return kind != Kind::kAddIndex && kind != Kind::kDropIndex; }
bool IsField(Kind kind) { return kind == Kind::kAddField || kind == Kind::kDropField; }

auto FindPlace(std::vector<Column>* columns, const std::string& name) {
  return std::find_if(columns->begin(), columns->end(),
                      [&](const Column& column) { return Folded(column.name) == Folded(name); });
}

void InsertColumn(const ColumnClause& clause, Table* table) {
  std::vector<Column>& columns = table->columns;
  auto at = columns.end();
  if (clause.first) at = columns.begin();
  if (!clause.after.empty()) at = FindPlace(&columns, clause.after) + 1;
  columns.insert(at, clause.column);
}

void DropColumn(const std::string& name, Table* table) {
  table->columns.erase(FindPlace(&table->columns, name));
  auto erase = [&](std::vector<std::string>* names) {
    std::erase_if(*names, [&](const std::string& one) { return Folded(one) == Folded(name); });
  };
  if (table->key) erase(&table->key->columns);
  erase(&table->order_by);
  for (Rollup& rollup : table->rollups) erase(&rollup.columns);
  std::erase_if(table->rollups, [](const Rollup& rollup) { return rollup.columns.empty(); });
  std::erase_if(table->indexes, [&](const Index& index) { return Contains(index.columns, name); });
  auto bloom = table->properties.find("bloom_filter_columns");
  if (bloom == table->properties.end()) return;
  std::string left;
  for (size_t at = 0; at <= bloom->second.size();) {
    size_t end = std::min(bloom->second.find(',', at), bloom->second.size());
    std::string one = bloom->second.substr(at, end - at);
    if (Folded(one) != Folded(name)) AppendTo(&left, left.empty() ? "" : ",", one);
    at = end + 1;
  }
  if (left.empty()) {
    table->properties.erase(bloom);
  } else {
    bloom->second = left;
  }
}

void ModifyColumn(const ColumnClause& clause, Table* table) {
  auto at = FindPlace(&table->columns, clause.name);
  if (clause.after.empty()) {
    *at = clause.column;
    return;
  }
  table->columns.erase(at);
  InsertColumn(clause, table);
}

// Whether one ALTER may have both clauses about columns, `clause` after `one`.
bool Agree(const ColumnClause& one, const ColumnClause& clause) {
  bool same_name = Folded(one.name) == Folded(clause.name);
  if (same_name) return IsField(one.kind) && IsField(clause.kind);
  if (!clause.after.empty() && Folded(clause.after) == Folded(one.name)) {
    // The column before may be a new one, for a new one.
    return one.kind == Kind::kAdd && clause.kind == Kind::kAdd;
  }
  return !Contains(clause.reads, one.name) && !Contains(one.reads, clause.name);
}

void AddStatement(TableWork* work, const std::vector<ColumnClause>& clauses) {
  Table after = work->table;
  std::string text;
  bool instant = true, destructive = false;
  std::vector<std::string> touched, dropped;
  for (const ColumnClause& clause : clauses) {
    AppendTo(&text, text.empty() ? "" : ", ", clause.text);
    Apply(clause, &after);
    instant = instant && clause.instant;
    destructive = destructive || clause.kind == Kind::kDrop || clause.kind == Kind::kDropField;
    if (clause.kind == Kind::kDrop || clause.kind == Kind::kModify || IsField(clause.kind)) {
      touched.push_back(Folded(clause.name));
    }
    if (clause.kind == Kind::kDrop) dropped.push_back(Folded(clause.name));
  }
  if (work->wanted.key && after.key) {
    // A new key column stands where the declaration has it.
    std::vector<std::string> key;
    for (const std::string& name : work->wanted.key->columns) {
      if (FindColumn(after, name) != nullptr) key.push_back(name);
    }
    for (const std::string& name : after.key->columns) {
      if (!Contains(key, name)) key.push_back(name);
    }
    after.key->columns = key;
  }
  TableStep& step =
      work->Add(instant ? StepClass::kMetadata : StepClass::kColumn, text, std::move(after));
  step.destructive = destructive;
  step.inactivates = touched;
  step.removes = dropped;
}

// What is left to do about the order of columns: key columns, and columns behind
// generated ones, move by naming all.
void Reorder(TableWork* work) {
  std::vector<std::string> there, wanted;
  std::string names;
  for (const Column& column : work->table.columns) there.push_back(Folded(column.name));
  for (const Column& column : work->wanted.columns) {
    wanted.push_back(Folded(column.name));
    AppendTo(&names, names.empty() ? "" : ", ", QuoteName(column.name));
  }
  if (there == wanted || there.size() != wanted.size()) return;
  std::string from, to;
  for (const std::string& name : there) AppendTo(&from, from.empty() ? "" : ", ", name);
  for (const std::string& name : wanted) AppendTo(&to, to.empty() ? "" : ", ", name);
  if (work->primary()) {
    return work->plan.Refuse({"column order", from, to},
                             "Primary key table do not support reorder table schema",
                             Cat("--rebuild ", work->name.name, " builds the table anew."), true);
  }
  Table after = work->table;
  after.columns = work->wanted.columns;
  if (after.key && work->wanted.key) after.key->columns = work->wanted.key->columns;
  work->Add(StepClass::kColumn, Cat("ORDER BY (", names, ")"), after).inactivates = {"*"};
}

}  // namespace

void Apply(const ColumnClause& clause, Table* table) {
  switch (clause.kind) {
    case Kind::kDrop:
      return DropColumn(clause.name, table);
    case Kind::kAdd:
      return InsertColumn(clause, table);
    case Kind::kModify:
      return ModifyColumn(clause, table);
    case Kind::kAddField:
    case Kind::kDropField:
      *FindPlace(&table->columns, clause.name) = clause.column;
      return;
    case Kind::kDropIndex:
      std::erase_if(table->indexes, [&](const Index& one) { return one.name == clause.name; });
      return;
    case Kind::kAddIndex:
      table->indexes.push_back(clause.index);
      return;
  }
}

bool Fits(const std::vector<ColumnClause>& statement, const ColumnClause& clause) {
  return std::all_of(statement.begin(), statement.end(), [&](const ColumnClause& one) {
    if (IsColumn(clause.kind) && IsColumn(one.kind)) return Agree(one, clause);
    // An index of a column that the statement makes or changes waits for it.
    if (clause.kind == Kind::kAddIndex && IsColumn(one.kind)) {
      return !Contains(clause.reads, one.name);
    }
    return true;
  });
}

void PlanColumns(TableWork* work) {
  std::vector<ColumnClause> statement;
  auto flush = [&] {
    if (!statement.empty()) AddStatement(work, statement);
    statement.clear();
  };
  RefuseColumns(work);
  for (const ColumnClause& clause : ColumnClauses(work)) {
    bool read = clause.kind == Kind::kDrop &&
                std::any_of(work->table.columns.begin(), work->table.columns.end(),
                            [&](const Column& column) {
                              return column.generated && Reads(*column.generated, clause.name);
                            });
    if (read || !Fits(statement, clause)) flush();
    statement.push_back(clause);
  }
  flush();
  Reorder(work);
}

}  // namespace stateserver::schema
