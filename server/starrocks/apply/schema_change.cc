// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/schema_change.h"

#include <algorithm>

#include "common/text.h"
#include "server/starrocks/apply/columns.h"
#include "server/starrocks/apply/type_changes.h"
#include "server/starrocks/apply/types.h"

namespace stateserver::apply {

using schema::Column;
using schema::KeyModel;

schema::Column* Change::Find(const std::string& name) {
  if (modified.contains(Lower(name))) return nullptr;
  for (Column& column : after.table.columns) {
    if (EqualIgnoringCase(column.name, name)) return &column;
  }
  return nullptr;
}

namespace {

// A column of the key may not state an aggregate function, and its type must be comparable.
Verdict CheckKeyMarker(const TableState& table, const Column& column) {
  if (!column.key) return Taken();
  bool primary = table.Is(KeyModel::kPrimary);
  if (column.aggregate || primary) {
    return RefusedByAnalysis(Cat(kWrongDefinition, "Cannot specify aggregate function '",
                                 column.aggregate.value_or("REPLACE"), "' for key column '",
                                 column.name, "'"));
  }
  return CanBeKey(column.type) ? Taken() : InvalidKeyType(column, kWrongDefinition);
}

// BITMAP, HLL and PERCENTILE need an aggregate function; primary keys replace their values.
Verdict CheckMetric(const TableState& table, const Column& column) {
  bool metric = column.type && IsMetric(*column.type);
  if (!metric || column.aggregate || table.Is(KeyModel::kPrimary)) return Taken();
  if (column.key) return Taken();
  return RefusedByAnalysis(
      Cat(kWrongDefinition, "No aggregate function specified for '", column.name, "'"),
      kMeasured402);
}

Verdict AnalyzeAdd(const AddColumns& add, const TableState& table) {
  size_t generated = 0;
  for (const Column& column : add.columns) generated += column.generated ? 1 : 0;
  if (generated > 0 && generated < add.columns.size()) {
    return RefusedByAnalysis("Can not add normal column and Generated Column in the same time");
  }
  for (const Column& column : add.columns) {
    if (column.auto_increment) {
      return RefusedBySyntax(
          Cat("Column '", column.name, "' can not be AUTO_INCREMENT when ADD COLUMN"));
    }
    RETURN_UNLESS_TAKEN(CheckDefinition(column, kWrongDefinition));
    RETURN_UNLESS_TAKEN(CheckKeyMarker(table, column));
    bool value = column.aggregate || table.Is(KeyModel::kPrimary);
    if (value && add.place && add.place->first && !column.key) {
      return RefusedByAnalysis(Cat("Cannot add value column[", column.name, "] at first"));
    }
    bool needs = column.nullable == false && !column.default_value && !column.generated &&
                 column.aggregate != "REPLACE_IF_NOT_NULL";
    if (needs) {
      return RefusedByAnalysis(
          Cat("Field '", column.name, "' is not null but doesnt have a default value"));
    }
    RETURN_UNLESS_TAKEN(CheckMetric(table, column));
    RETURN_UNLESS_TAKEN(CheckDefaultCall(column));
    if (column.generated && table.Is(KeyModel::kAggregate)) {
      return RefusedByAnalysis("Generated Column does not support AGG table");
    }
  }
  return Taken();
}

Verdict AnalyzeModify(const ModifyColumn& modify, const TableState& table) {
  const Column& column = modify.column;
  if (column.auto_increment) {
    return RefusedBySyntax(
        Cat("Column '", column.name, "' can not be AUTO_INCREMENT when MODIFY COLUMN"));
  }
  // The marker of an aggregate key may be left out.
  Column judged = column;
  bool implied = table.Is(KeyModel::kAggregate) && !column.aggregate && !column.state;
  judged.key = judged.key || implied;
  RETURN_UNLESS_TAKEN(CheckDefinition(judged, kWrongDefinition));
  if (!table.Is(KeyModel::kPrimary) || column.key) {
    RETURN_UNLESS_TAKEN(CheckKeyMarker(table, judged));
  }
  RETURN_UNLESS_TAKEN(CheckMetric(table, judged));
  RETURN_UNLESS_TAKEN(CheckDefaultCall(column));
  if (column.generated && !table.Is(KeyModel::kAggregate)) {
    RETURN_UNLESS_TAKEN(CheckGenerated(column, table.table.columns));
  }
  if (!modify.place || modify.place->first) return Taken();
  const Column* after = table.Find(modify.place->after);
  if (after == nullptr) {
    return Refused(
        "Cannot invoke \"com.starrocks.catalog.Column.isGeneratedColumn()\" because "
        "\"afterColumn\" is null");
  }
  if (after->generated && !column.generated) {
    return RefusedByAnalysis("Can not modify column after Generated Column");
  }
  return Taken();
}

Verdict AnalyzeDrop(const DropColumn& drop, const TableState& table) {
  const Column* column = table.Find(drop.name);
  if (column == nullptr) return Taken();
  for (const Column& other : table.table.columns) {
    if (!ReadsOf(other, table.table.columns).contains(Lower(column->name))) continue;
    return RefusedByAnalysis(Cat("Column: ", column->name,
                                 " can not be dropped, because expression of Generated Column: ",
                                 other.name, " will refer to it"));
  }
  return Taken();
}

Verdict AnalyzeIndex(const AddIndex& add, const TableState& table, const std::string& name) {
  for (const std::string& column : add.index.columns) {
    if (table.Find(column) != nullptr) continue;
    return RefusedByAnalysis(Cat("can not find column by name: ", column, ", from table: ", name));
  }
  return Taken();
}

std::string KindOf(const Column& column) {
  if (column.key) return "";
  return column.aggregate ? *column.aggregate : column.state ? column.state->function : "NONE";
}

Verdict CheckPair(const Column& old, const Column& now) {
  if (old == now) return Taken();
  if (!old.type || !now.type) return Unknown(Cat("changes of the aggregate state ", old.name));
  // Nested types are changed by ADD FIELD and DROP FIELD, or not at all.
  if (IsNested(*old.type) && IsNested(*now.type)) {
    return Refused(Cat("Can not change ", MessageType(*old.type), " to ", MessageType(*now.type)),
                   kMeasured402);
  }
  RETURN_UNLESS_TAKEN(CheckTypeChange(*old.type, *now.type, old.key && now.key));
  if (KindOf(old) != KindOf(now)) return Refused("Can not change aggregation type");
  if (*old.nullable && !*now.nullable)
    return Refused("Can not change from nullable to non-nullable");
  if (!(old.default_value == now.default_value)) return Refused("Can not change default value");
  return Taken();
}

// Columns of the partitioning and of the distribution must not change.
Verdict CheckUnchanged(const Change& change, const std::string& name, std::string_view what,
                       std::string_view dropped) {
  const Column* old = change.before.Find(name);
  if (old == nullptr) return Taken();
  const Column* now = change.after.Find(name);
  if (now == nullptr) {
    return Refused(Cat(dropped, " column[", name, "] cannot be dropped. index[", change.name, "]"));
  }
  bool same = old->type == now->type && old->nullable == now->nullable && old->key == now->key;
  if (same) return Taken();
  return Refused(
      Cat("Can not modify ", what, " column[", old->name, "]. index[", change.name, "]"));
}

std::vector<std::string> PartitionColumns(const TableState& table) {
  std::vector<std::string> names;
  if (!table.table.partitioning) return names;
  for (const std::string& term : table.table.partitioning->terms) {
    Column expression;
    expression.generated = term;
    if (table.Find(term) != nullptr) {
      names.push_back(table.Find(term)->name);
      continue;
    }
    for (const std::string& read : ReadsOf(expression, table.table.columns)) {
      if (const Column* column = table.Find(read)) names.push_back(column->name);
    }
  }
  return names;
}

}  // namespace

Verdict AnalyzeClause(const Clause& clause, const TableState& table, const std::string& name) {
  if (const auto* add = std::get_if<AddColumns>(&clause)) return AnalyzeAdd(*add, table);
  if (const auto* modify = std::get_if<ModifyColumn>(&clause)) return AnalyzeModify(*modify, table);
  if (const auto* drop = std::get_if<DropColumn>(&clause)) return AnalyzeDrop(*drop, table);
  if (const auto* index = std::get_if<AddIndex>(&clause)) return AnalyzeIndex(*index, table, name);
  if (const auto* field = std::get_if<ChangeField>(&clause)) return AnalyzeField(*field, table);
  return Taken();
}

bool ChangesSchema(const Clause& clause) {
  return std::holds_alternative<AddColumns>(clause) || std::holds_alternative<DropColumn>(clause) ||
         std::holds_alternative<ModifyColumn>(clause) ||
         std::holds_alternative<CommentColumn>(clause) ||
         std::holds_alternative<ChangeField>(clause) || std::holds_alternative<AddIndex>(clause) ||
         std::holds_alternative<DropIndex>(clause) || std::holds_alternative<OrderBy>(clause);
}

Verdict ApplyClause(const Clause& clause, size_t clauses, Change* change) {
  if (const auto* comment = std::get_if<CommentColumn>(&clause)) {
    if (clauses > 1) {
      return Refused("MODIFY COLUMN COMMENT can not be combined with other alter operations");
    }
    return ApplyCommentColumn(*comment, change);
  }
  if (const auto* order = std::get_if<OrderBy>(&clause)) {
    bool sort_key = order->columns.size() != change->before.table.columns.size();
    if (clauses > 1 && sort_key) {
      return Refused("MODIFY SORT KEY COLUMNS can not be combined with other alter operations");
    }
    return ApplyOrderBy(*order, change);
  }
  if (const auto* add = std::get_if<AddColumns>(&clause)) return ApplyAddColumns(*add, change);
  if (const auto* drop = std::get_if<DropColumn>(&clause)) return ApplyDropColumn(*drop, change);
  if (const auto* modify = std::get_if<ModifyColumn>(&clause)) {
    return ApplyModifyColumn(*modify, change);
  }
  if (const auto* field = std::get_if<ChangeField>(&clause)) return ApplyField(*field, change);
  if (const auto* index = std::get_if<AddIndex>(&clause)) return ApplyAddIndex(*index, change);
  if (const auto* index = std::get_if<DropIndex>(&clause)) return ApplyDropIndex(*index, change);
  return Unknown("a clause of another kind");
}

Verdict CheckViewsOf(const TableState& table, const std::string& database, const std::string& name,
                     const std::string& column) {
  for (const SynchronousView& view : table.views) {
    if (!view.understood) return Unknown(Cat("the columns of ", view.name));
    std::string text = Cat("Can not drop/modify the column ", column,
                           ", because the column is used in the related rollup ", view.name);
    if (view.reads.contains(Lower(column))) {
      return Refused(Cat(text, " with the define expr:`", database, "`.`", name, "`.`", column,
                         "`, please drop the rollup index first."));
    }
    if (view.groups && view.plain.contains(Lower(column))) {
      return Refused(Cat(text, ", please drop the rollup index first."));
    }
  }
  return Taken();
}

Verdict CheckResult(const Change& change) {
  const std::vector<Column>& columns = change.after.table.columns;
  std::string place = Cat(" index[", change.name, "]");
  if (std::none_of(columns.begin(), columns.end(), [](const Column& one) { return one.key; })) {
    return Refused(Cat("No key column left.", place));
  }
  bool value = false;
  for (const Column& column : columns) {
    if (column.key && value) {
      return Refused(Cat("Invalid column order. value should be after key.", place));
    }
    value = value || !column.key;
  }
  std::set<std::string> touched = change.dropped;
  touched.insert(change.modified.begin(), change.modified.end());
  for (const std::string& name : touched) {
    const Column* old = change.before.Find(name);
    if (old == nullptr) continue;
    RETURN_UNLESS_TAKEN(CheckViewsOf(change.before, change.database, change.name, old->name));
  }
  for (const auto& [old, now] : change.pairs) {
    RETURN_UNLESS_TAKEN(CheckPair(old, now));
  }
  for (const std::string& name : PartitionColumns(change.before)) {
    RETURN_UNLESS_TAKEN(CheckUnchanged(change, name, "partition", "Partition"));
  }
  for (const std::string& name : change.before.table.distribution->columns) {
    RETURN_UNLESS_TAKEN(CheckUnchanged(change, name, "distribution", "Distribution"));
  }
  return Taken();
}

}  // namespace stateserver::apply
