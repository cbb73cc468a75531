// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/table_plan.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/token_stream.h"
#include "server/starrocks/diff/compare/compare_tables.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/column_clauses.h"

namespace stateserver::schema {

bool SameName(const std::string& a, const std::string& b) { return absl::EqualsIgnoreCase(a, b); }

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

bool IsDistributionColumn(const Table& table, const std::string& name) {
  return table.distribution && Contains(table.distribution->columns, name);
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

namespace {

using Kind = ColumnClause::Kind;

bool IsColumn(Kind kind) { return kind != Kind::kAddIndex && kind != Kind::kDropIndex; }
bool IsField(Kind kind) { return kind == Kind::kAddField || kind == Kind::kDropField; }

auto FindPlace(std::vector<Column>* columns, const std::string& name) {
  return std::find_if(columns->begin(), columns->end(),
                      [&](const Column& column) { return SameName(column.name, name); });
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

// Statement holds the clauses of one ALTER, as far as the engine accepts them together.
class Statement {
 public:
  // Returns true if the engine accepts the clause together with those so far.
  bool Fits(const ColumnClause& clause) const {
    if (clause.kind == Kind::kDropIndex) return true;
    // An index on a column that the statement adds or changes waits for it.
    if (clause.kind == Kind::kAddIndex) return !ReadsAny(clause, "", "");
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

void AddStatement(TableWork* work, const std::vector<ColumnClause>& clauses) {
  Table after = work->table;
  std::string text;
  bool instant = true, destructive = false;
  std::vector<std::string> touched, dropped;
  for (const ColumnClause& clause : clauses) {
    if (!work->MayContinue(work->size())) return;
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
                             Cat("--rebuild ", work->name.name, " rebuilds the table."), true);
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
      if (clause.column.name.empty()) return;  // one of several clauses; see ColumnClause
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

void PlanColumns(TableWork* work) {
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

namespace {

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

}  // namespace

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
    if (NormalColumnText(same) != NormalColumnText(wanted)) continue;
    std::string modify = Cat("MODIFY COLUMN ", QuoteName(there->name), " COMMENT ");
    Undo undo{Reversibility::kLossless, {modify + QuoteText(there->comment)}, ""};
    Table after = work->table;
    after.columns[place->second].comment = wanted.comment;
    work->Add(StepClass::kMetadata, modify + QuoteText(wanted.comment), std::move(after)).undo =
        std::move(undo);
  }
}

namespace {

std::string_view Words(KeyModel model) {
  constexpr std::string_view kWords[] = {"DUPLICATE KEY", "AGGREGATE KEY", "UNIQUE KEY",
                                         "PRIMARY KEY"};
  return kWords[static_cast<size_t>(model)];
}

std::string PrintKey(const KeyClause& key) {
  std::string names;
  for (const std::string& name : key.columns) AppendTo(&names, names.empty() ? "" : ", ", name);
  return Cat(Words(key.model), "(", names, ")");
}

std::vector<std::string> FoldedNames(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  std::transform(names.begin(), names.end(), std::back_inserter(out), Folded);
  return out;
}

bool HasReplacedValues(const Table& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), [](const Column& column) {
    return column.aggregate == "REPLACE" || column.aggregate == "REPLACE_IF_NOT_NULL";
  });
}

// Returns the engine's message for dropping key columns that must not be dropped.
std::string DropRefusal(const Table& table, bool all) {
  switch (table.key->model) {
    case KeyModel::kPrimary:
      return "Can not drop key column in primary data model table";
    case KeyModel::kUnique:
      return "Can not drop key column in Unique data model table";
    case KeyModel::kAggregate:
      if (HasReplacedValues(table)) {
        return "Can not drop key column when table has value column with REPLACE aggregation "
               "method";
      }
      break;
    case KeyModel::kDuplicate:
      break;
  }
  return all ? "No key column left" : "";
}

// Returns the reason for which key columns cannot be changed as declared, or "".
std::string KeyColumnsRefusal(const TableWork& work) {
  const KeyClause &now = *work.table.key, &wanted = *work.wanted.key;
  const ColumnLookup table(work.table), declared(work.wanted);
  size_t dropped = 0;
  for (const std::string& name : now.columns) {
    if (declared.IsKey(name)) continue;
    if (declared.Has(name)) return Cat("Column ", name, " cannot stop being a key");
    ++dropped;
  }
  if (dropped > 0) {
    std::string refusal = DropRefusal(work.table, dropped == now.columns.size());
    if (!refusal.empty()) return refusal;
  }
  for (const std::string& name : wanted.columns) {
    if (table.IsKey(name)) continue;
    if (table.Has(name)) return Cat("Column ", name, " cannot become a key");
    if (work.primary()) return "Key columns of a primary key table cannot be added";
  }
  bool moved = work.primary() && FoldedNames(now.columns) != FoldedNames(wanted.columns);
  return moved ? "Primary key table do not support reorder table schema" : "";
}

// Keeps the key unchanged, with the columns of both keys, so that the plan covers the remaining
// changes.
void KeepKey(TableWork* work) {
  std::vector<Column>& columns = work->wanted.columns;
  std::set<std::string> names;
  for (const auto* key : {&*work->wanted.key, &*work->table.key}) {
    for (const std::string& name : key->columns) names.insert(Folded(name));
  }
  const ColumnLookup table(work->table);
  std::erase_if(columns, [&](const Column& one) {
    return names.contains(Folded(one.name)) && !table.Has(one.name);
  });
  for (Column& column : columns) {
    if (names.contains(Folded(column.name))) column = *table.Find(column.name);
  }
  PutBackColumns(work->table, names, &columns);
  work->wanted.key = work->table.key;
}

}  // namespace

void PlanKey(TableWork* work) {
  std::optional<KeyClause>&now = work->table.key, &wanted = work->wanted.key;
  if (!now) return;
  if (!wanted) {
    // The engine chose the key, and would choose the same again.
    if (now->model == KeyModel::kDuplicate) {
      wanted = now;
      const ColumnLookup declared(work->wanted);
      std::erase_if(wanted->columns, [&](const std::string& name) { return !declared.Has(name); });
      if (!wanted->columns.empty()) return;
    }
    wanted = KeyClause{KeyModel::kDuplicate, {}};
  }
  TableChange change{"key", PrintKey(*now), PrintKey(*wanted)};
  std::string reason;
  if (now->model != wanted->model) {
    reason = Cat("The key model of a table cannot be changed from ", Words(now->model), " to ",
                 Words(wanted->model));
  } else {
    reason = KeyColumnsRefusal(*work);
  }
  if (reason.empty()) return;
  work->plan.Refuse(change, reason, Cat("--rebuild ", work->name.name, " rebuilds it."), true);
  KeepKey(work);
  const ColumnLookup table(work->table);
  for (Column& column : work->wanted.columns) {
    const Column* there = table.Find(column.name);
    if (there != nullptr) column.aggregate = there->aggregate;
  }
}

namespace {

std::vector<std::string> Sorted(std::vector<std::string> names) {
  for (std::string& name : names) name = Folded(name);
  std::sort(names.begin(), names.end());
  return names;
}

bool IsPrimarySortType(const DataType& type) {
  constexpr std::array<std::string_view, 9> kTypes = {
      "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "LARGEINT", "VARCHAR", "DATE", "DATETIME"};
  return std::find(kTypes.begin(), kTypes.end(), type.name) != kTypes.end();
}

std::string WhyNot(const TableWork& work, const std::vector<std::string>& wanted) {
  if (wanted.size() == work.table.columns.size()) {
    return "ORDER BY with all columns reorders them, and sets no sort key";
  }
  if (work.Is(KeyModel::kAggregate) || work.Is(KeyModel::kUnique)) {
    if (Sorted(wanted) != Sorted(work.table.key->columns)) {
      return Cat("The sort columns of ", work.Is(KeyModel::kUnique) ? "UNIQUE" : "AGGREGATE",
                 " KEY table must be same with key columns");
    }
  }
  const ColumnLookup table(work.table);
  for (const std::string& name : wanted) {
    const Column* column = table.Find(name);
    if (column == nullptr) return Cat("Column[", name, "] not exists");
    if (work.primary() && !(column->type && IsPrimarySortType(*column->type))) {
      return Cat("Sort key column[", name, "] type not supported in PrimaryKey table");
    }
  }
  return "";
}

}  // namespace

void PlanSortKey(TableWork* work) {
  auto folded = [](std::vector<std::string> names) {
    for (std::string& name : names) name = Folded(name);
    return names;
  };
  if (folded(work->table.order_by) == folded(work->wanted.order_by)) return;
  std::vector<std::string> wanted = work->wanted.order_by;
  TableChange change{"sort key", PrintNames(work->table.order_by), PrintNames(wanted)};
  if (wanted.empty()) {
    return work->plan.Refuse(
        change, "A sort key cannot be taken away, only changed",
        Cat("Declare ORDER BY with the key columns, or --rebuild ", work->name.name, "."), true);
  }
  std::string reason = WhyNot(*work, wanted);
  if (!reason.empty()) {
    return work->plan.Refuse(change, reason,
                             Cat("--rebuild ", work->name.name, " rebuilds the table."), true);
  }
  // Names in ORDER BY are case-sensitive.
  const ColumnLookup table(work->table);
  for (std::string& name : wanted) name = table.Find(name)->name;
  Table after = work->table;
  after.order_by = wanted;
  work->Add(StepClass::kColumn, Cat("ORDER BY (", PrintNames(wanted), ")"), after).inactivates = {
      "*"};
  work->plan.Warn("sort key", "rewrites all data");
}

}  // namespace stateserver::schema
