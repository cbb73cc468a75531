// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/column_rules.h"

#include <algorithm>
#include <iterator>
#include <list>
#include <map>
#include <set>
#include <string_view>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/capabilities.h"
#include "server/starrocks/diff/plan/column_clauses.h"
#include "server/starrocks/diff/plan/type_rules.h"

namespace stateserver::schema {

namespace {

struct ColumnRefusal {
  std::string reason;  // the engine's reason
  std::string hint;
  bool rebuild = false;
};

constexpr char kNewColumn[] =
    "Add a column of another name, copy the values, drop the old one and rename the new.";

std::string TypeText(const Column& column) {
  return column.type ? PrintType(*column.type) : PrintColumn(column);
}

using Kind = ColumnClause::Kind;

bool HasExpression(const Column& column) {
  return column.default_value && column.default_value->kind == DefaultValue::Kind::kExpression;
}

bool IsNested(const Column& column) { return column.type && !column.type->fields.empty(); }

bool IsProtected(const TableWork& work, const Column& column) {
  return work.options.protected_columns.contains(Folded(column.name));
}

std::optional<ColumnRefusal> RefusePlace(const TableWork& work, const ColumnLookup& table,
                                         const Column& column) {
  if (table.IsPartition(column.name)) {
    return ColumnRefusal{Cat("Can not modify partition column[", column.name, "]"),
                         "Partition columns cannot be changed.", true};
  }
  if (table.IsDistribution(column.name)) {
    return ColumnRefusal{Cat("Can not modify distribution column[", column.name, "]"),
                         "Redistribute by another column first.", true};
  }
  if (work.primary() && table.IsKey(column.name)) {
    return ColumnRefusal{Cat("Can not modify key column: ", column.name, " for primary key table"),
                         "Rebuild the table.", true};
  }
  if (IsProtected(work, column)) {
    return ColumnRefusal{Cat("Can not drop/modify the column ", column.name,
                             ", because the column is used in a synchronous materialized view"),
                         "Drop that materialized view first, and create it again afterwards."};
  }
  if (std::string reader = table.Reader(column.name); !reader.empty()) {
    return ColumnRefusal{
        Cat("Column ", column.name, " associates with the generated column ", reader),
        "Drop the generated column in an earlier revision, and add it in a later one."};
  }
  return std::nullopt;
}

std::optional<ColumnRefusal> RefuseType(const ColumnLookup& table, const Column& from,
                                        const Column& to) {
  if (from.type == to.type && from.state == to.state) return std::nullopt;
  if (from.type && to.type) {
    ColumnPurpose purpose{table.IsKey(from.name), from.aggregate.value_or("")};
    std::string reason = WhyNotConvert(*from.type, *to.type, purpose);
    if (reason.empty()) return std::nullopt;
    return ColumnRefusal{reason, kNewColumn};
  }
  return ColumnRefusal{Cat("Can not change ", TypeText(from), " to ", TypeText(to)), kNewColumn};
}

// Every clause repeats the path to its field.
constexpr size_t kMostPathBytes = 4096;

class Fields {
 public:
  explicit Fields(Column column) : column_(std::move(column)) {}

  // Changes `now`, a part of the column's type, to `to`.
  bool Change(const std::string& path, DataType* now, const DataType& to) {
    if (*now == to) return true;
    if (now->name != to.name) return false;
    if (now->name == "ARRAY") return Change(path + "[*].", &now->fields[0].type, to.fields[0].type);
    if (now->name != "STRUCT") return false;
    std::vector<StructField>& fields = now->fields;
    if (path.size() > kMostPathBytes) return false;
    Add(path, to, &fields);
    Drop(path, to, &fields);
    if (fields.size() != to.fields.size()) return false;
    for (size_t i = 0; i < fields.size(); ++i) {
      if (Folded(fields[i].name) != Folded(to.fields[i].name)) return false;
      if (!Change(Cat(path, QuoteName(fields[i].name), "."), &fields[i].type, to.fields[i].type)) {
        return false;
      }
    }
    return true;
  }

  Column& column() { return column_; }
  // The last clause has the column with all of its fields, which are added and dropped in one
  // statement.
  std::vector<ColumnClause> clauses() {
    if (!clauses_.empty()) clauses_.back().column = column_;
    return std::move(clauses_);
  }

 private:
  // Adds fields before any is dropped, because a STRUCT must keep at least one.
  void Add(const std::string& path, const DataType& to, std::vector<StructField>* fields) {
    std::list<StructField> now(std::make_move_iterator(fields->begin()),
                               std::make_move_iterator(fields->end()));
    std::map<std::string, std::list<StructField>::iterator> places;
    for (auto at = now.begin(); at != now.end(); ++at) places.emplace(Folded(at->name), at);
    for (size_t i = 0; i < to.fields.size(); ++i) {
      const StructField& field = to.fields[i];
      std::string name = Folded(field.name);
      if (places.contains(name)) continue;
      std::string place = i == 0 ? " FIRST" : Cat(" AFTER ", QuoteName(to.fields[i - 1].name));
      auto before = i == 0 ? now.begin() : std::next(places.at(Folded(to.fields[i - 1].name)));
      if (before == now.end()) place.clear();
      places.emplace(name, now.insert(before, field));
      Note(Kind::kAddField,
           Cat("ADD FIELD ", path, QuoteName(field.name), " ", PrintType(field.type), place));
    }
    fields->assign(std::make_move_iterator(now.begin()), std::make_move_iterator(now.end()));
  }

  void Drop(const std::string& path, const DataType& to, std::vector<StructField>* fields) {
    std::set<std::string> wanted;
    for (const StructField& field : to.fields) wanted.insert(Folded(field.name));
    std::erase_if(*fields, [&](const StructField& field) {
      if (wanted.contains(Folded(field.name))) return false;
      Note(Kind::kDropField, Cat("DROP FIELD ", path, QuoteName(field.name)));
      return true;
    });
  }

  void Note(Kind kind, const std::string& text) {
    ColumnClause clause;
    clause.kind = kind;
    clause.name = column_.name;
    clause.text = Cat("MODIFY COLUMN ", QuoteName(column_.name), " ", text);
    clause.instant = true;
    clauses_.push_back(std::move(clause));
  }

  Column column_;
  std::vector<ColumnClause> clauses_;
};

// Returns the reason for which the engine would reject the change, or nullopt if it would not.
// `table` and `wanted` are lookups of the tables of `work`.
std::optional<ColumnRefusal> RefuseModify(const TableWork& work, const ColumnLookup& table,
                                          const Column& from, const Column& to) {
  if (from.generated.has_value() != to.generated.has_value()) {
    return ColumnRefusal{from.generated
                             ? "Can not modify a generated column to a non-generated column"
                             : "Can not modify a non-generated column to a generated column",
                         "Drop the column in one revision, and add it in the next."};
  }
  if (auto refusal = RefusePlace(work, table, from)) return refusal;
  if (from.aggregate != to.aggregate) {
    return ColumnRefusal{"Can not change aggregation type", "Rebuild the table.", true};
  }
  if (from.auto_increment || to.auto_increment) {
    return ColumnRefusal{"Can't not modify a AUTO_INCREMENT column", kNewColumn};
  }
  if (work.primary() && table.IsSort(from.name)) {
    return ColumnRefusal{"Can not modify sort column in primary data model table",
                         "Change ORDER BY first, then modify it in a later revision."};
  }
  if (auto refusal = RefuseType(table, from, to)) return refusal;
  if (from.nullable.value_or(true) && !to.nullable.value_or(true)) {
    return ColumnRefusal{"Can not change from nullable to non-nullable",
                         "Leave it nullable, and check the values where they are written."};
  }
  if (IsNested(from) && from.nullable != to.nullable) {
    return ColumnRefusal{Cat("Can not change ", TypeText(from), " to ", TypeText(to)), kNewColumn};
  }
  if (from.default_value != to.default_value) {
    return ColumnRefusal{"Can not change default value", kNewColumn};
  }
  if (HasExpression(to)) {
    return ColumnRefusal{Cat("unsupported default expr:", to.default_value->text), kNewColumn};
  }
  return std::nullopt;
}

// After a rename, the engine keeps the former name as the id of the column.
bool IsFormerName(const TableWork& work, const std::string& name) {
  if (work.options.former_columns.contains(Folded(name))) return true;
  return std::any_of(work.options.renames.begin(), work.options.renames.end(),
                     [&](const auto& rename) { return SameName(rename.first, name); });
}

std::optional<ColumnRefusal> RefuseAdd(const TableWork& work, const Column& column) {
  if (IsFormerName(work, column.name)) {
    return ColumnRefusal{
        Cat("Can not add column which already exists in column id: ", column.name),
        "A renamed column keeps its former name inside the engine: choose another name, or rebuild "
        "the table.",
        true};
  }
  if (column.auto_increment) {
    return ColumnRefusal{
        Cat("Column '", column.name, "' can not be AUTO_INCREMENT when ADD COLUMN"),
        "AUTO_INCREMENT can only be set when the table is created."};
  }
  if (column.generated) {
    if (auto missing = Missing(Feature::kGeneratedColumns, work.engine.version)) {
      return ColumnRefusal{*missing, "Upgrade the engine."};
    }
    if (work.Is(KeyModel::kAggregate)) {
      return ColumnRefusal{"Generated Column does not support AGG table",
                           "Compute the value in a view."};
    }
    if (!column.nullable.value_or(true)) {
      return ColumnRefusal{"Generated Column must be nullable column", "Declare it NULL."};
    }
    return std::nullopt;
  }
  if (!column.nullable.value_or(true) && !column.default_value) {
    return ColumnRefusal{
        Cat("Field '", column.name, "' is not null but doesnt have a default value"),
        "Give it a DEFAULT, or declare it NULL."};
  }
  bool expression =
      column.default_value && column.default_value->kind == DefaultValue::Kind::kExpression;
  if (expression) {
    return ColumnRefusal{Cat("unsupported default expr:", column.default_value->text),
                         "Add it without a default, or with a constant one."};
  }
  return std::nullopt;
}

std::optional<ColumnRefusal> RefuseDrop(const TableWork& work, const ColumnLookup& table,
                                        const ColumnLookup& wanted, const Column& column) {
  if (table.IsPartition(column.name)) {
    return ColumnRefusal{Cat("Partition column[", column.name, "] cannot be dropped"),
                         "The partition scheme cannot be changed."};
  }
  if (table.IsDistribution(column.name)) {
    return ColumnRefusal{Cat("Distribution column[", column.name, "] cannot be dropped"),
                         "Redistribute first, then drop it in a later revision."};
  }
  bool sorted = table.IsSort(column.name);
  if (sorted && !table.IsKey(column.name)) {
    return ColumnRefusal{work.primary() ? "Can not drop sort column in primary data model table"
                                        : Cat("Column ", column.name, " is in the sort key"),
                         "Change ORDER BY first, then drop it in a later revision."};
  }
  if (IsProtected(work, column)) {
    return ColumnRefusal{Cat("Can not drop/modify the column ", column.name,
                             ", because the column is used in a synchronous materialized view"),
                         "Drop that materialized view first."};
  }
  auto needed = work.options.needed_columns.find(Folded(column.name));
  if (needed != work.options.needed_columns.end()) {
    return ColumnRefusal{
        Cat("Column '", column.name, "' cannot be resolved: ", needed->second,
            " is declared and reads it"),
        Cat("Change the declaration of ", needed->second, ", or keep the column.")};
  }
  std::string reader = wanted.Reader(column.name);
  if (!reader.empty()) {
    return ColumnRefusal{Cat("Column: ", column.name,
                             " can not be dropped, because expression of Generated Column: ",
                             reader, " will refer to it"),
                         "Also drop or change the generated column."};
  }
  return std::nullopt;
}

class Refusals {
 public:
  explicit Refusals(TableWork* work)
      : work_(*work), fast_(IsFast(work->table, work->engine)), table_(work->table) {}

  void RefuseAll() {
    RefuseChanges();
    RefuseAdditions();
    RefuseDrops();
  }

 private:
  void Note(const Column* from, const Column* to, const ColumnRefusal& refusal) {
    work_.plan.Refuse(
        {Cat("column ", (to == nullptr ? from : to)->name),
         from == nullptr ? "" : PrintColumn(*from), to == nullptr ? "" : PrintColumn(*to)},
        refusal.reason, refusal.hint, refusal.rebuild);
  }

  void RefuseChanges() {
    for (Column& column : work_.wanted.columns) {
      const Column* there = table_.Find(column.name);
      if (there == nullptr) continue;
      if (!work_.MayContinue()) return;
      column.name = there->name;  // the case of names does not matter
      if (NormalColumnText(*there) == NormalColumnText(column)) continue;
      if (auto fields = FieldClauses(*there, column); fields && !fields->empty()) {
        if (MayChangeFields(*there, column)) continue;
      } else if (auto refusal = RefuseModify(work_, table_, *there, column)) {
        Note(there, &column, *refusal);
      } else {
        continue;
      }
      column = *there;
    }
  }

  bool MayChangeFields(const Column& from, const Column& to) {
    std::optional<std::string> missing = Missing(Feature::kStructFields, work_.engine.version);
    if (!missing && fast_) return true;
    Note(&from, &to,
         {missing ? *missing
                  : "Add field for struct column require table enable fast schema evolution",
          "Rebuild the table.", true});
    return false;
  }

  void RefuseAdditions() {
    std::erase_if(work_.wanted.columns, [&](const Column& column) {
      if (table_.Has(column.name)) return false;
      auto refusal = RefuseAdd(work_, column);
      if (refusal) Note(nullptr, &column, *refusal);
      return refusal.has_value();
    });
  }

  void RefuseDrops() {
    ColumnLookup wanted(work_.wanted);
    std::set<std::string> kept;
    bool key = false, distribution = false;
    for (const Column& column : work_.table.columns) {
      if (wanted.Has(column.name)) continue;
      auto refusal = RefuseDrop(work_, table_, wanted, column);
      if (!refusal) continue;
      Note(&column, nullptr, *refusal);
      kept.insert(Folded(column.name));
      wanted.AddReader(column);
      key = key || table_.IsKey(column.name);
      distribution = distribution || table_.IsDistribution(column.name);
    }
    if (kept.empty()) return;
    PutBackColumns(work_.table, kept, &work_.wanted.columns);
    if (key) work_.wanted.key = work_.table.key;
    if (distribution) work_.wanted.distribution = work_.table.distribution;
  }

  TableWork& work_;
  const bool fast_;
  const ColumnLookup table_;
};

}  // namespace

std::optional<std::vector<ColumnClause>> FieldClauses(const Column& from, const Column& to) {
  Column same = from;
  same.type = to.type;
  same.comment = to.comment;
  same.name = to.name;
  if (!from.type || !to.type || NormalColumnText(same) != NormalColumnText(to)) return std::nullopt;
  Fields fields(from);
  if (!fields.Change("", &*fields.column().type, *to.type)) return std::nullopt;
  return fields.clauses();
}

void RefuseColumns(TableWork* work) { Refusals(work).RefuseAll(); }

}  // namespace stateserver::schema
