// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/generate/model_columns.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "common/text.h"
#include "server/starrocks/ddl/parse/token_stream.h"
#include "server/starrocks/ddl/print/print.h"
#include "server/starrocks/generate/python_text.h"

namespace stateserver::schema {
namespace {

constexpr auto kPlain = std::to_array<std::string_view>({"BOOLEAN", "TINYINT", "SMALLINT", "BIGINT",
                                                         "LARGEINT", "FLOAT", "DOUBLE", "DATE",
                                                         "DATETIME", "JSON", "HLL", "BITMAP"});

// The dialect writes names of fields without quotes.
bool IsPlainName(const std::string& name) {
  bool word = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return word && !(name[0] >= '0' && name[0] <= '9') && !IsReserved(name);
}

std::optional<std::string> NestedType(const DataType& type, ModelNotes* notes) {
  std::string inside;
  for (const StructField& field : type.fields) {
    auto one = ModelType(field.type, notes);
    if (!one) return std::nullopt;
    if (!inside.empty()) inside.append(", ");
    if (type.name == "STRUCT") {
      if (!IsPlainName(field.name)) return std::nullopt;
      AppendTo(&inside, "(", PythonText(field.name), ", ", *one, ")");
    } else {
      inside.append(*one);
    }
  }
  notes->types.insert(type.name);
  return Cat(type.name, "(", inside, ")");
}

bool IsKey(const Table& table, const Column& column) {
  if (!table.key) return column.key;
  return std::any_of(
      table.key->columns.begin(), table.key->columns.end(),
      [&](const std::string& name) { return absl::EqualsIgnoreCase(name, column.name); });
}

std::string DefaultText(const DefaultValue& value, ModelNotes* notes) {
  switch (value.kind) {
    case DefaultValue::Kind::kText:
      return PythonText(value.text);
    case DefaultValue::Kind::kNull:
      notes->text = true;
      return "text(\"NULL\")";
    case DefaultValue::Kind::kTimestamp:
      notes->text = true;
      return value.text.empty() ? "text(\"CURRENT_TIMESTAMP\")"
                                : Cat("text(\"CURRENT_TIMESTAMP(", value.text, ")\")");
    case DefaultValue::Kind::kExpression:
      notes->text = true;
      return Cat("text(", PythonSqlText(Cat("(", value.text, ")")), ")");
  }
  return "";
}

}  // namespace

std::optional<std::string> ModelType(const DataType& type, ModelNotes* notes) {
  if (!type.fields.empty()) return NestedType(type, notes);
  std::string name = type.name == "INT" ? "INTEGER" : type.name;
  std::string arguments;
  if (name == "VARCHAR" && type.length == kStringLength) {
    name = "STRING";
  } else if (name == "VARCHAR" || name == "CHAR") {
    arguments = Cat(type.length.value_or(1));
  } else if (name == "DECIMAL") {
    arguments = Cat(type.precision.value_or(10), ", ", type.scale.value_or(0));
  } else if (name == "VARBINARY") {
    if (type.length) return std::nullopt;
  } else if (name != "INTEGER" && std::find(kPlain.begin(), kPlain.end(), name) == kPlain.end()) {
    return std::nullopt;
  }
  notes->types.insert(name);
  return Cat(name, "(", arguments, ")");
}

std::optional<std::string> ModelColumn(const Table& table, const Column& column, bool named,
                                       ModelNotes* notes) {
  auto type = column.type ? ModelType(*column.type, notes) : std::nullopt;
  if (!type) {
    notes->not_expressible.push_back(Cat("column ", PrintColumn(column)));
    return std::nullopt;
  }
  std::string text = named ? Cat(PythonText(column.name), ", ", *type) : *type;
  if (column.generated) {
    notes->computed = true;
    AppendTo(&text, ", Computed(", PythonSqlText(*column.generated), ")");
  }
  bool primary = table.key && table.key->model == KeyModel::kPrimary && IsKey(table, column);
  if (primary) text.append(", primary_key=True");
  bool aggregated = table.key ? table.key->model == KeyModel::kAggregate : false;
  if (aggregated && IsKey(table, column)) text.append(", starrocks_is_agg_key=True");
  if (aggregated && column.aggregate) {
    AppendTo(&text, ", starrocks_agg_type=", PythonText(*column.aggregate));
  }
  bool nullable = column.nullable.value_or(!column.auto_increment && !primary);
  if (!nullable && !primary) text.append(", nullable=False");
  if (column.auto_increment) {
    text.append(", autoincrement=True");
  } else if (primary) {
    text.append(", autoincrement=False");
  }
  if (column.default_value) {
    AppendTo(&text, ", server_default=", DefaultText(*column.default_value, notes));
  }
  if (!column.comment.empty()) AppendTo(&text, ", comment=", PythonText(column.comment));
  return text;
}

}  // namespace stateserver::schema
