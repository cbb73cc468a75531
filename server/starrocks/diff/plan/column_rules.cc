// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/column_rules.h"

#include <algorithm>

#include "common/text.h"
#include "server/starrocks/ddl/print/print.h"

namespace stateserver::schema {
namespace {

constexpr char kNewColumn[] =
    "Add a column of another name, copy the values, drop the old one and rename the new.";

std::string TypeText(const Column& column) {
  return column.type ? PrintType(*column.type) : PrintColumn(column);
}

bool HasExpression(const Column& column) {
  return column.default_value && column.default_value->kind == DefaultValue::Kind::kExpression;
}

bool IsText(const Column& column) {
  return column.type && (column.type->name == "CHAR" || column.type->name == "VARCHAR");
}

bool IsProtected(const TableWork& work, const Column& column) {
  return work.options.protected_columns.contains(Folded(column.name));
}

std::optional<ColumnRefusal> RefusePlace(const TableWork& work, const ColumnLookup& table,
                                         const Column& column) {
  if (table.IsPartition(column.name)) {
    return ColumnRefusal{Cat("Can not modify partition column[", column.name, "]"),
                         "Partition columns stay as they were made.", true};
  }
  if (table.IsDistribution(column.name)) {
    return ColumnRefusal{Cat("Can not modify distribution column[", column.name, "]"),
                         "Redistribute by another column first.", true};
  }
  if (work.primary() && table.IsKey(column.name)) {
    return ColumnRefusal{Cat("Can not modify key column: ", column.name, " for primary key table"),
                         Cat("--rebuild ", work.name.name, " builds the table anew."), true};
  }
  if (IsProtected(work, column)) {
    return ColumnRefusal{Cat("Can not drop/modify the column ", column.name,
                             ", because the column is used in a synchronous materialized view"),
                         "Drop that materialized view first, and create it again afterwards."};
  }
  if (std::string reader = table.Reader(column.name); !reader.empty()) {
    return ColumnRefusal{
        Cat("Column ", column.name, " associates with the generated column ", reader),
        "Drop the generated column in a revision before, and add it in one after."};
  }
  return std::nullopt;
}

std::optional<ColumnRefusal> RefuseType(const Column& from, const Column& to) {
  if (from.type == to.type && from.state == to.state) return std::nullopt;
  if (!from.type || !to.type || !Converts(*from.type, *to.type)) {
    bool shorter = from.type && to.type && from.type->name == to.type->name && IsText(from);
    return ColumnRefusal{shorter ? "Cannot shorten string length"
                                 : Cat("Can not change ", TypeText(from), " to ", TypeText(to)),
                         kNewColumn};
  }
  return std::nullopt;
}

}  // namespace

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
    return ColumnRefusal{"Can not change aggregation type",
                         Cat("--rebuild ", work.name.name, " builds the table anew."), true};
  }
  if (from.auto_increment || to.auto_increment) {
    return ColumnRefusal{"Can't not modify a AUTO_INCREMENT column", kNewColumn};
  }
  if (work.primary() && table.IsSort(from.name)) {
    return ColumnRefusal{"Can not modify sort column in primary data model table",
                         "Change ORDER BY first, then modify it in a later revision."};
  }
  if (auto refusal = RefuseType(from, to)) return refusal;
  if (from.nullable.value_or(true) && !to.nullable.value_or(true)) {
    return ColumnRefusal{"Can not change from nullable to non-nullable",
                         "Leave it nullable, and check the values where they are written."};
  }
  if (from.default_value != to.default_value) {
    return ColumnRefusal{"Can not change default value", kNewColumn};
  }
  if (HasExpression(to)) {
    return ColumnRefusal{Cat("unsupported default expr:", to.default_value->text), kNewColumn};
  }
  return std::nullopt;
}

std::optional<ColumnRefusal> RefuseAdd(const TableWork& work, const Column& column) {
  if (column.auto_increment) {
    return ColumnRefusal{
        Cat("Column '", column.name, "' can not be AUTO_INCREMENT when ADD COLUMN"),
        "AUTO_INCREMENT is given when the table is created."};
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
                         "The partition scheme stays as it was made."};
  }
  if (table.IsDistribution(column.name)) {
    return ColumnRefusal{Cat("Distribution column[", column.name, "] cannot be dropped"),
                         "Redistribute first, then drop it in a later revision."};
  }
  bool sorted = table.IsSort(column.name);
  if (sorted && work.primary()) {
    return ColumnRefusal{"Can not drop sort column in primary data model table",
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
                         "Drop or change the generated column, too."};
  }
  return std::nullopt;
}

}  // namespace stateserver::schema
