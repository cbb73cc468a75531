// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/columns.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "common/text.h"
#include "server/starrocks/apply/expressions.h"

namespace stateserver::apply {
namespace {

using schema::Column;
using schema::DefaultValue;
using schema::KeyModel;

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view WithoutSign(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text;
}

struct NumberRange {
  std::string_view type, most, least;  // digits, without a sign
};
constexpr NumberRange kRanges[] = {
    {"TINYINT", "127", "128"},
    {"SMALLINT", "32767", "32768"},
    {"INT", "2147483647", "2147483648"},
    {"BIGINT", "9223372036854775807", "9223372036854775808"},
    {"LARGEINT", "170141183460469231731687303715884105727",
     "170141183460469231731687303715884105728"},
};

// Returns the problem with the default of an integer, or "".
std::string IntegerProblem(const DataType& type, const std::string& text) {
  std::string_view digits = WithoutSign(text);
  if (!IsDigits(digits)) return Cat("Invalid number format: ", text);
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  for (const NumberRange& range : kRanges) {
    if (range.type != type.name) continue;
    std::string_view bound = text[0] == '-' ? range.least : range.most;
    bool fits = digits.size() < bound.size() || (digits.size() == bound.size() && digits <= bound);
    if (!fits) return Cat("Number out of range[", text, "]. type: ", MessageType(type));
  }
  return "";
}

bool IsDecimalNumber(std::string_view text) {
  text = WithoutSign(text);
  size_t point = text.find('.');
  if (point == text.npos) return IsDigits(text);
  std::string_view whole = text.substr(0, point), part = text.substr(point + 1);
  return (whole.empty() || IsDigits(whole)) && (part.empty() || IsDigits(part)) &&
         whole.size() + part.size() > 0;
}

// Matches 2024-01-31 and 2024-01-31 23:59:59.
bool IsDateText(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd dd:dd:dd";
  constexpr size_t kDate = 10;
  if (text.size() != kDate && text.size() != kForm.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == 'd' ? !digit : text[i] != kForm[i]) return false;
  }
  return true;
}

Verdict InvalidDefault(const Column& column, std::string_view wrong, std::string_view problem) {
  return RefusedByAnalysis(Cat(wrong, "Invalid default value for '", column.name, "'",
                               problem.empty() ? "" : ": ", problem));
}

Verdict CheckDefaultText(const Column& column, std::string_view wrong) {
  const DataType& type = *column.type;
  const std::string& text = column.default_value->text;
  std::string problem;
  if (IsInteger(type)) {
    problem = IntegerProblem(type, text);
  } else if (type.name == "FLOAT" || type.name == "DOUBLE" || type.name == "DECIMAL") {
    if (IsDecimalNumber(text)) return Taken();
    bool other = text.find_first_of("eExXnNiI") != text.npos;
    if (other) return Unknown(Cat("whether \"", text, "\" is a ", MessageType(type)));
    problem =
        Cat(type.name == "DECIMAL" ? "Invalid number: " : "Invalid floating-point literal: ", text);
  } else if (IsString(type)) {
    if (text.size() > static_cast<size_t>(type.length.value_or(1))) {
      problem = Cat("Default value is too long: ", text);
    }
  } else if (type.name == "BOOLEAN") {
    std::string lower = Lower(text);
    bool fine = lower == "true" || lower == "false" || lower == "0" || lower == "1";
    if (!fine) problem = Cat("Invalid BOOLEAN literal: ", text);
  } else if (type.name == "JSON" || type.name == "VARBINARY" || IsNested(type)) {
    problem = Cat("Cannot add default value for type '", MessageType(type), "'");
  } else if (IsMetric(type)) {
    if (text.empty()) return Unknown(Cat("whether ", type.name, " takes an empty default"));
    return InvalidDefault(column, wrong, "");
  } else if (IsDate(type) && !IsDateText(text)) {
    return Unknown(Cat("whether \"", text, "\" is a ", type.name));
  }
  return problem.empty() ? Taken() : InvalidDefault(column, wrong, problem);
}

Verdict CheckDefaultExpression(const Column& column) {
  std::string text = Lower(column.default_value->text);
  bool known = (text == "uuid()" && IsString(*column.type)) ||
               (text == "uuid_numeric()" && column.type->name == "LARGEINT") ||
               ((text == "now()" || text == "current_timestamp()" || text == "current_timestamp") &&
                column.type->name == "DATETIME");
  return known ? Taken()
               : Unknown(Cat("whether the default (", column.default_value->text,
                             ") fits the type ", MessageType(*column.type)));
}

Verdict CheckDefault(const Column& column, std::string_view wrong) {
  if (!column.default_value) return Taken();
  if (!column.type) return Unknown("a default of an aggregate's state");
  switch (column.default_value->kind) {
    case DefaultValue::Kind::kNull:
      return column.nullable == false ? InvalidDefault(column, wrong, "") : Taken();
    case DefaultValue::Kind::kTimestamp:
      if (column.type->name == "DATETIME") return Taken();
      return RefusedByAnalysis(Cat("Default function CURRENT_TIMESTAMP() for type ",
                                   MessageType(*column.type), " is not supported"));
    case DefaultValue::Kind::kExpression:
      return CheckDefaultExpression(column);
    case DefaultValue::Kind::kText:
      return CheckDefaultText(column, wrong);
    case DefaultValue::Kind::kLiteral:
      return Unknown(Cat("whether the default ", column.default_value->text, " fits the type ",
                         MessageType(*column.type)));
  }
  return Taken();
}

bool Aggregates(std::string_view function, const DataType& type) {
  constexpr int kWidest = 38;
  bool wide = type.name == "DECIMAL" && type.precision.value_or(0) > kWidest;
  if (function == "SUM") {
    return type.name == "INT" || type.name == "BIGINT" || type.name == "LARGEINT" ||
           type.name == "FLOAT" || type.name == "DOUBLE" || type.name == "DECIMAL";
  }
  if (function == "MIN" || function == "MAX") {
    return !IsMetric(type) && !IsNested(type) && !wide && type.name != "JSON" &&
           type.name != "VARBINARY" && type.name != "BOOLEAN";
  }
  if (function == "HLL_UNION") return type.name == "HLL";
  if (function == "BITMAP_UNION") return type.name == "BITMAP";
  if (function == "PERCENTILE_UNION") return type.name == "PERCENTILE";
  return true;
}

}  // namespace

Verdict CheckDefinition(const Column& column, std::string_view wrong) {
  std::string lower = Lower(column.name);
  if (lower.starts_with("__op") || lower == "__row") {
    return RefusedByAnalysis(Cat("Column name [", column.name,
                                 "] is a system reserved name. Please choose a different one."));
  }
  if (column.auto_increment && (!column.type || column.type->name != "BIGINT")) {
    return RefusedByAnalysis("The AUTO_INCREMENT column must be BIGINT");
  }
  if (column.auto_increment && column.nullable == true) {
    return RefusedBySyntax(Cat("AUTO_INCREMENT column ", column.name, " must be NOT NULL"));
  }
  RETURN_UNLESS_TAKEN(CheckDefault(column, wrong));
  if (column.aggregate && column.type && !Aggregates(*column.aggregate, *column.type)) {
    return RefusedByAnalysis(
        Cat(wrong, "Invalid aggregate function '", *column.aggregate, "' for '", column.name, "'"));
  }
  return Taken();
}

Verdict CheckDefaultCall(const Column& column) {
  bool call = column.default_value && column.default_value->kind == DefaultValue::Kind::kExpression;
  if (!call) return Taken();
  std::string text = Lower(column.default_value->text);
  if (text == "now()" || text.starts_with("current_timestamp")) return Taken();
  return Refused(Cat("unsupported default expr:", text));
}

void CompleteColumn(Column* column) {
  if (!column->nullable) column->nullable = !column->auto_increment;
  if (column->aggregate == "REPLACE_IF_NOT_NULL") column->nullable = true;
  // Sums are stored with the most digits.
  constexpr int kWidest = 38;
  bool sum = column->aggregate == "SUM" && column->type && column->type->name == "DECIMAL";
  if (sum) column->type->precision = kWidest;
  if (!column->default_value) return;
  DefaultValue& value = *column->default_value;
  std::string lower = Lower(value.text);
  if (value.kind == DefaultValue::Kind::kNull) {
    column->default_value.reset();
  } else if (value.kind == DefaultValue::Kind::kText && column->type &&
             column->type->name == "BOOLEAN") {
    if (lower == "true") value.text = "1";
    if (lower == "false") value.text = "0";
  } else if (value.kind == DefaultValue::Kind::kExpression &&
             (lower == "now()" || lower.starts_with("current_timestamp"))) {
    value = {DefaultValue::Kind::kTimestamp, ""};
  }
}

namespace {

Names NamesOf(const Column& column, const std::vector<Column>& columns) {
  Names names;
  names.column = [&](const std::vector<std::string>& parts, OutputColumn* found) {
    if (parts.size() > 1) return Unknown(Cat("what ", parts[0], ".", parts.back(), " refers to"));
    for (const Column& other : columns) {
      if (!EqualIgnoringCase(other.name, parts[0]) || other.name == column.name) continue;
      *found = {other.name, other.type};
      return Taken();
    }
    return RefusedByAnalysis(Cat("Column '", parts[0], "' cannot be resolved"));
  };
  names.query = [](schema::TokenStream*, std::optional<DataType>*) {
    return Unknown("a query in a generated column");
  };
  return names;
}

}  // namespace

Verdict CheckGenerated(const Column& column, const std::vector<Column>& columns) {
  Expression expression;
  Names names = NamesOf(column, columns);
  RETURN_UNLESS_TAKEN(ReadExpressionText(*column.generated, names, &expression));
  if (expression.aggregates) {
    return RefusedByAnalysis("Generated Column don't support aggregation function");
  }
  for (const Column& other : columns) {
    if (!expression.all.contains(Lower(other.name))) continue;
    if (other.auto_increment) {
      return RefusedByAnalysis("Expression can not refers to AUTO_INCREMENT columns");
    }
    if (other.generated) {
      return RefusedByAnalysis(
          Cat("Expression can not refers to other generated columns: ", other.name));
    }
  }
  if (!column.type) return Unknown("a generated state of an aggregate");
  bool same = expression.type && (expression.type->name == column.type->name ||
                                  (IsString(*expression.type) && IsString(*column.type)));
  if (same) return Taken();
  if (!expression.type || !expression.certain) {
    return Unknown(Cat("the type of the expression of the generated column ", column.name));
  }
  return RefusedByAnalysis(
      Cat("Illegal expression type for Generated Column Column Type: ", MessageType(*column.type),
          ", Expression Type: ", MessageType(*expression.type)));
}

std::set<std::string> ReadsOf(const Column& column, const std::vector<Column>& columns) {
  Expression expression;
  Names names = NamesOf(column, columns);
  if (!column.generated || !ReadExpressionText(*column.generated, names, &expression).taken()) {
    return {};
  }
  return expression.all;
}

Verdict InvalidKeyType(const Column& column, std::string_view wrong) {
  bool real = column.type && (column.type->name == "FLOAT" || column.type->name == "DOUBLE");
  std::string type = column.type ? MessageType(*column.type) : column.name;
  return RefusedByAnalysis(Cat(wrong, "Invalid data type of key column '", column.name, "': '",
                               type, "'", real ? ", use decimal instead" : ""),
                           kMeasured402);
}

std::string_view ModelWord(KeyModel model) {
  constexpr std::string_view kWords[] = {"Duplicate", "Aggregate", "Unique", "Primary"};
  return kWords[static_cast<size_t>(model)];
}

std::string_view ModelKeyword(KeyModel model) {
  constexpr std::string_view kWords[] = {"DUPLICATE", "AGGREGATE", "UNIQUE", "PRIMARY"};
  return kWords[static_cast<size_t>(model)];
}

std::string_view ModelName(KeyModel model) {
  constexpr std::string_view kWords[] = {"DUP_KEYS", "AGG_KEYS", "UNIQUE_KEYS", "PRIMARY_KEYS"};
  return kWords[static_cast<size_t>(model)];
}

}  // namespace stateserver::apply
