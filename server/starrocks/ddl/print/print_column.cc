// SPDX-License-Identifier: Apache-2.0
//
// Types and columns.
#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print.h"

namespace stateserver::schema {
namespace {

std::string PrintFields(const DataType& type) {
  std::string text;
  for (const StructField& field : type.fields) {
    if (!text.empty()) text.append(", ");
    if (type.name == "STRUCT") AppendTo(&text, QuoteName(field.name), " ");
    text.append(PrintType(field.type));
  }
  return text;
}

std::string PrintDefault(const DefaultValue& value) {
  switch (value.kind) {
    case DefaultValue::Kind::kText:
      return QuoteText(value.text);
    case DefaultValue::Kind::kNull:
      return "NULL";
    case DefaultValue::Kind::kTimestamp:
      return value.text.empty() ? "CURRENT_TIMESTAMP" : Cat("CURRENT_TIMESTAMP(", value.text, ")");
    case DefaultValue::Kind::kExpression:
      return Cat("(", value.text, ")");
  }
  return "";
}

std::string PrintState(const AggregateState& state) {
  std::string text;
  for (const DataType& type : state.arguments) {
    AppendTo(&text, text.empty() ? "" : ", ", PrintType(type));
  }
  return Cat(state.function, "(", text, ")");
}

}  // namespace

std::string PrintType(const DataType& type) {
  if (!type.fields.empty()) return Cat(type.name, "<", PrintFields(type), ">");
  if (type.name == "VARCHAR" && type.length == kStringLength) return "STRING";
  if (type.precision)
    return Cat(type.name, "(", *type.precision, ", ", type.scale.value_or(0), ")");
  if (type.length) return Cat(type.name, "(", *type.length, ")");
  return type.name;
}

std::string PrintColumn(const Column& column) {
  std::string text =
      Cat(QuoteName(column.name), " ",
          column.state ? PrintState(*column.state) : PrintType(column.type.value_or(DataType{})));
  if (column.key) text.append(" KEY");
  if (column.aggregate) AppendTo(&text, " ", *column.aggregate);
  if (column.nullable) text.append(*column.nullable ? " NULL" : " NOT NULL");
  if (column.auto_increment) text.append(" AUTO_INCREMENT");
  if (column.default_value) AppendTo(&text, " DEFAULT ", PrintDefault(*column.default_value));
  if (column.generated) AppendTo(&text, " AS ", *column.generated);
  if (!column.comment.empty()) AppendTo(&text, " COMMENT ", QuoteText(column.comment));
  return text;
}

}  // namespace stateserver::schema
