// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/types.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/text.h"

namespace stateserver::apply {
namespace {

struct Width {
  std::string_view name;
  int shown;  // digits that SHOW CREATE prints
  int bytes;  // in the index
};
constexpr Width kIntegerWidths[] = {
    {"TINYINT", 4, 1}, {"SMALLINT", 6, 2}, {"INT", 11, 4}, {"BIGINT", 20, 8}, {"LARGEINT", 40, 16}};

const Width* FindInteger(std::string_view name) {
  for (const Width& one : kIntegerWidths) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

template <size_t kCount>
bool IsOneOf(std::string_view name, const std::array<std::string_view, kCount>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr int kPrecisionOf64 = 18, kPrecisionOf128 = 38;

int DecimalBits(const DataType& type) {
  int precision = type.precision.value_or(0);
  return precision <= kPrecisionOf64 ? 64 : precision <= kPrecisionOf128 ? 128 : 256;
}

std::string ShownStruct(const DataType& type) {
  std::string fields;
  for (const schema::StructField& field : type.fields) {
    AppendTo(&fields, fields.empty() ? "" : ", ", field.name, " ", ShownType(field.type));
  }
  return Cat("struct<", fields, ">");
}

std::string ShownLength(const DataType& type) {
  return type.length ? Cat("(", *type.length, ")") : std::string();
}

std::string ShownDefault(const schema::Column& column) {
  if (!column.default_value) return "";
  const schema::DefaultValue& value = *column.default_value;
  switch (value.kind) {
    case schema::DefaultValue::Kind::kText:
      return Cat(" DEFAULT \"", value.text, "\"");
    case schema::DefaultValue::Kind::kNull:
      return "";
    case schema::DefaultValue::Kind::kTimestamp:
      return value.text.empty() ? " DEFAULT CURRENT_TIMESTAMP"
                                : Cat(" DEFAULT current_timestamp(", value.text, ")");
    case schema::DefaultValue::Kind::kExpression:
    case schema::DefaultValue::Kind::kLiteral:
      return Cat(" DEFAULT ", value.text);
  }
  return "";
}

}  // namespace

DataType ScalarType(std::string_view name) {
  DataType type;
  type.name = name;
  return type;
}

std::string ShownType(const DataType& type) {
  if (const Width* integer = FindInteger(type.name)) {
    return Cat(Lower(type.name), "(", integer->shown, ")");
  }
  if (type.name == "DECIMAL") {
    return Cat("decimal(", type.precision.value_or(0), ", ", type.scale.value_or(0), ")");
  }
  if (type.name == "STRUCT") return ShownStruct(type);
  if (type.name == "ARRAY" && type.fields.size() == 1) {
    const DataType& item = type.fields[0].type;
    return Cat("array<", item.name == "DECIMAL" ? MessageType(item) : ShownType(item), ">");
  }
  if (type.name == "MAP" && type.fields.size() == 2) {
    return Cat("map<", ShownType(type.fields[0].type), ",", ShownType(type.fields[1].type), ">");
  }
  return Lower(type.name) + ShownLength(type);
}

std::string MessageType(const DataType& type) {
  if (type.name == "DECIMAL") {
    return Cat("DECIMAL", DecimalBits(type), "(", type.precision.value_or(0), ",",
               type.scale.value_or(0), ")");
  }
  if (type.name == "STRUCT") return ShownStruct(type);
  if (type.name == "ARRAY" && type.fields.size() == 1) {
    return Cat("ARRAY<", MessageType(type.fields[0].type), ">");
  }
  if (type.name == "MAP" && type.fields.size() == 2) {
    return Cat("MAP<", MessageType(type.fields[0].type), ",", MessageType(type.fields[1].type),
               ">");
  }
  return type.name + ShownLength(type);
}

std::string MessageType(const schema::Column& column) {
  return column.type ? MessageType(*column.type) : column.state ? column.state->function : "";
}

std::string ShownColumn(const schema::Column& column) {
  std::string type = column.type ? ShownType(*column.type) : MessageType(column);
  return Cat("`", column.name, "` ", type,
             !column.key && column.aggregate ? Cat(" ", *column.aggregate) : std::string(),
             column.nullable.value_or(true) ? " NULL" : " NOT NULL", ShownDefault(column),
             " COMMENT \"", column.comment, "\"");
}

bool IsInteger(const DataType& type) { return FindInteger(type.name) != nullptr; }

bool IsString(const DataType& type) { return type.name == "CHAR" || type.name == "VARCHAR"; }

bool IsDate(const DataType& type) { return type.name == "DATE" || type.name == "DATETIME"; }

bool IsNested(const DataType& type) {
  return IsOneOf(type.name, std::array<std::string_view, 3>{"ARRAY", "MAP", "STRUCT"});
}

bool IsMetric(const DataType& type) {
  return IsOneOf(type.name, std::array<std::string_view, 3>{"BITMAP", "HLL", "PERCENTILE"});
}

bool CanBeKey(const std::optional<DataType>& type) {
  return type && !IsMetric(*type) && !IsNested(*type) &&
         !IsOneOf(type->name, std::array<std::string_view, 3>{"FLOAT", "DOUBLE", "JSON"});
}

bool CanBePrimaryKey(const std::optional<DataType>& type) {
  return type &&
         (IsInteger(*type) || IsDate(*type) || type->name == "BOOLEAN" || type->name == "VARCHAR");
}

int KeyBytes(const DataType& type) {
  constexpr int kText = 20, kLongest = 36;
  if (type.name == "VARCHAR") return kText;
  if (type.name == "CHAR") return std::min(type.length.value_or(0), kLongest);
  if (const Width* integer = FindInteger(type.name)) return integer->bytes;
  if (type.name == "BOOLEAN") return 1;
  if (type.name == "DATE") return 3;
  if (type.name == "DATETIME") return 8;
  return type.name == "DECIMAL" && DecimalBits(type) == 64 ? 8 : 16;
}

bool SameStorage(const DataType& a, const DataType& b) {
  if (IsString(a) && IsString(b)) return true;
  if (a.name == "DECIMAL" && b.name == "DECIMAL") return DecimalBits(a) == DecimalBits(b);
  if (IsNested(a) || IsNested(b)) return a == b;
  return a.name == b.name;
}

}  // namespace stateserver::apply
