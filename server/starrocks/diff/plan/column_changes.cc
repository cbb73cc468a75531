// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/column_changes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/compare/properties.h"
#include "server/starrocks/diff/plan/column_clauses.h"
#include "server/starrocks/diff/plan/column_rules.h"
#include "server/starrocks/diff/plan/generated_columns.h"

namespace stateserver::schema {

namespace {

using Kind = ColumnClause::Kind;

bool IsColumn(Kind kind) { return kind != Kind::kAddIndex && kind != Kind::kDropIndex; }
bool IsField(Kind kind) { return kind == Kind::kAddField || kind == Kind::kDropField; }

auto FindPlace(std::vector<Column>* columns, const std::string& name) {
  return std::find_if(columns->begin(), columns->end(),
                      [&](const Column& column) { return SameName(column.name, name); });
}

constexpr char kBloomColumns[] = "bloom_filter_columns";

std::vector<std::string> BloomColumnsOf(const Table& table) {
  auto found = table.properties.find(kBloomColumns);
  return found == table.properties.end() ? std::vector<std::string>() : BloomColumns(found->second);
}

void SetBloomColumns(std::vector<std::string> columns, Table* table) {
  if (columns.empty()) {
    table->properties.erase(kBloomColumns);
  } else {
    std::sort(columns.begin(), columns.end());
    table->properties[kBloomColumns] = PrintBloomColumns(columns);
  }
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
    std::erase_if(*names, [&](const std::string& one) { return SameName(one, name); });
  };
  if (table->key) erase(&table->key->columns);
  erase(&table->order_by);
  for (Rollup& rollup : table->rollups) erase(&rollup.columns);
  std::erase_if(table->rollups, [](const Rollup& rollup) { return rollup.columns.empty(); });
  std::erase_if(table->indexes, [&](const Index& index) { return Contains(index.columns, name); });
  std::vector<std::string> left = BloomColumnsOf(*table);
  erase(&left);
  SetBloomColumns(left, table);
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
      if (clause.column.name.empty()) return;  // one of several clauses; see ColumnClause
      *FindPlace(&table->columns, clause.name) = clause.column;
      return;
    case Kind::kDropIndex:
      std::erase_if(table->indexes, [&](const Index& one) { return one.name == clause.name; });
      return;
    case Kind::kAddIndex:
      table->indexes.push_back(clause.index);
      // The engine switches it off for tables with an inverted index.
      if (clause.index.type == "GIN") table->properties["replicated_storage"] = "false";
      return;
  }
}

// Statement holds the clauses of one ALTER, as far as the engine accepts them together.
class Statement {
 public:
  // Returns true if the engine accepts the clause together with those so far.
  bool Fits(const ColumnClause& clause) const {
    if (clause.kind == Kind::kDropIndex) return true;
    // An index on a column that the statement adds or changes waits for it.
    if (clause.kind == Kind::kAddIndex) return !ReadsAny(clause, "", "") && !Replaces(clause.index);
    if (IsField(clause.kind) ? Changes(clause.name) : clause.kind == Kind::kModify && HasFields()) {
      return false;
    }
    std::string name = Folded(clause.name), after = Folded(clause.after);
    if (auto same = columns_.find(name); same != columns_.end()) {
      if (!IsField(clause.kind) || !same->second.only_fields) return false;
    }
    if (auto before = columns_.find(after); before != columns_.end() && after != name) {
      // A new column may follow another new one.
      if (clause.kind != Kind::kAdd || !before->second.only_adds) return false;
    }
    return !ReadsAny(clause, name, after) && !IsReadByAny(name, after);
  }

  void Add(ColumnClause clause) {
    if (IsColumn(clause.kind)) {
      std::string name = Folded(clause.name);
      Kinds& kinds = columns_[name];
      kinds.only_fields = kinds.only_fields && IsField(clause.kind);
      kinds.only_adds = kinds.only_adds && clause.kind == Kind::kAdd;
      for (const std::string& read : clause.reads) readers_[Folded(read)].insert(name);
    }
    clauses_.push_back(std::move(clause));
  }

  const std::vector<ColumnClause>& clauses() const { return clauses_; }

 private:
  // Returns true if the statement drops an index of the same name or on the same columns.
  bool Replaces(const Index& index) const {
    return std::any_of(clauses_.begin(), clauses_.end(), [&](const ColumnClause& one) {
      if (one.kind != Kind::kDropIndex) return false;
      return SameName(one.name, index.name) || NameSet(one.index) == NameSet(index);
    });
  }
  static std::set<std::string> NameSet(const Index& index) {
    std::set<std::string> names;
    for (const std::string& column : index.columns) names.insert(Folded(column));
    return names;
  }
  // Returns true if the statement modifies a column other than `but`, or its fields.
  bool Changes(const std::string& but) const {
    return std::any_of(clauses_.begin(), clauses_.end(), [&](const ColumnClause& one) {
      bool changes = one.kind == Kind::kModify || IsField(one.kind);
      return changes && !SameName(one.name, but);
    });
  }
  bool HasFields() const {
    return std::any_of(clauses_.begin(), clauses_.end(),
                       [](const ColumnClause& one) { return IsField(one.kind); });
  }

  struct Kinds {
    bool only_fields = true, only_adds = true;
  };

  // Returns true if `clause` reads a column that has a clause here, except `but` and `or_but`.
  bool ReadsAny(const ColumnClause& clause, const std::string& but,
                const std::string& or_but) const {
    return std::any_of(clause.reads.begin(), clause.reads.end(), [&](const std::string& read) {
      std::string name = Folded(read);
      return name != but && name != or_but && columns_.contains(name);
    });
  }
  bool IsReadByAny(const std::string& name, const std::string& but) const {
    auto readers = readers_.find(name);
    if (readers == readers_.end()) return false;
    return std::any_of(readers->second.begin(), readers->second.end(),
                       [&](const std::string& one) { return one != name && one != but; });
  }

  std::vector<ColumnClause> clauses_;
  std::map<std::string, Kinds> columns_;                  // by name in lower case
  std::map<std::string, std::set<std::string>> readers_;  // by what they read, in lower case
};

// A column that is added again still has its bloom filter.
void RememberBloom(const TableWork& work, const std::string& name, Table* table) {
  std::vector<std::string> wanted = BloomColumnsOf(work.wanted), columns = BloomColumnsOf(*table);
  if (!Contains(wanted, name) || Contains(columns, name)) return;
  columns.push_back(Folded(name));
  SetBloomColumns(columns, table);
}

void AddStatement(TableWork* work, const std::vector<ColumnClause>& clauses) {
  Table after = work->table;
  std::string text;
  bool instant = true, destructive = false;
  std::vector<std::string> touched, dropped;
  for (const ColumnClause& clause : clauses) {
    if (!work->MayContinue(work->size())) return;
    AppendTo(&text, text.empty() ? "" : ", ", clause.text);
    Apply(clause, &after);
    if (work->options.undo && clause.kind == Kind::kAdd) RememberBloom(*work, clause.name, &after);
    instant = instant && clause.instant;
    destructive = destructive || (clause.kind == Kind::kDrop && !clause.comes_back) ||
                  clause.kind == Kind::kDropField;
    if (clause.kind == Kind::kDrop || clause.kind == Kind::kModify || IsField(clause.kind)) {
      touched.push_back(Folded(clause.name));
    }
    if (clause.kind == Kind::kDrop && !clause.comes_back) dropped.push_back(Folded(clause.name));
  }
  if (work->wanted.key && after.key) {
    // A new key column has the position of the declaration.
    const ColumnLookup columns(after);
    std::vector<std::string> key;
    std::set<std::string> taken;
    for (const std::string& name : work->wanted.key->columns) {
      if (!columns.Has(name)) continue;
      key.push_back(name);
      taken.insert(Folded(name));
    }
    for (const std::string& name : after.key->columns) {
      if (taken.insert(Folded(name)).second) key.push_back(name);
    }
    after.key->columns = key;
  }
  TableStep& step =
      work->Add(instant ? StepClass::kMetadata : StepClass::kColumn, text, std::move(after));
  step.destructive = destructive;
  step.inactivates = touched;
  step.removes = dropped;
}

// Returns a column at another position than the wanted one that is generated, or that a generated
// column reads; or "".
std::string MovedWithGenerated(const TableWork& work) {
  const ColumnLookup table(work.table);
  for (size_t i = 0; i < work.table.columns.size(); ++i) {
    const Column& column = work.table.columns[i];
    if (SameName(column.name, work.wanted.columns[i].name)) continue;
    if (column.generated || !table.Reader(column.name).empty()) return column.name;
  }
  return "";
}

// Completes the order of columns: key columns, and columns after generated ones, are moved by
// naming all columns.
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
                             "Rebuild the table.", true);
  }
  std::string generated = MovedWithGenerated(*work);
  if (!generated.empty()) {
    return work->plan.Refuse({"column order", from, to},
                             Cat("The order of ", generated,
                                 " cannot be changed: it is a generated column, or one reads it"),
                             "Rebuild the table.", true);
  }
  Table after = work->table;
  after.columns = work->wanted.columns;
  if (after.key && work->wanted.key) after.key->columns = work->wanted.key->columns;
  work->Add(StepClass::kColumn, Cat("ORDER BY (", names, ")"), after).inactivates = {"*"};
}

void DropToRecompute(TableWork* work) {
  std::vector<ColumnClause> clauses;
  for (const std::string& name : ColumnsToRecompute(*work)) {
    const Column& column = *FindColumn(work->table, name);
    ColumnClause clause;
    clause.kind = Kind::kDrop;
    clause.name = column.name;
    clause.text = Cat("DROP COLUMN ", QuoteName(column.name));
    clause.comes_back = true;
    clauses.push_back(std::move(clause));
    work->plan.Warn(Cat("column ", column.name),
                    "is dropped and added again: the engine computes it for all rows");
  }
  if (!clauses.empty()) AddStatement(work, clauses);
}

}  // namespace

void PlanColumns(TableWork* work) {
  DropToRecompute(work);
  RefuseColumns(work);
  const std::vector<ColumnClause> clauses = ColumnClauses(work);
  Statement statement;
  std::optional<ColumnLookup> table(work->table);
  auto flush = [&] {
    if (statement.clauses().empty()) return;
    table.reset();
    AddStatement(work, statement.clauses());
    table.emplace(work->table);
    statement = Statement();
  };
  for (const ColumnClause& clause : clauses) {
    if (!work->MayContinue()) return;
    bool read = clause.kind == Kind::kDrop && !table->Reader(clause.name).empty();
    if (read || !statement.Fits(clause)) flush();
    statement.Add(clause);
  }
  flush();
  if (work->MayContinue()) Reorder(work);
}

}  // namespace stateserver::schema
