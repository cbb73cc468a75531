// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/types.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/text.h"
#include "server/starrocks/query/expression_parser.h"

namespace stateserver::schema::query {

namespace {

using Kind = Node::Kind;

TypePtr Shared(DataType type) { return std::make_shared<const DataType>(std::move(type)); }

TypePtr Simple(std::string_view name) {
  DataType type;
  type.name = name;
  return Shared(std::move(type));
}

bool IsSame(const TypePtr& one, const TypePtr& other) {
  return one != nullptr && other != nullptr && *one == *other;
}

// The result types of functions that do not depend on their arguments.
struct FunctionType {
  std::string_view function, type;
};
constexpr FunctionType kFunctionTypes[] = {
    {"count", "BIGINT"},
    {"ndv", "BIGINT"},
    {"approx_count_distinct", "BIGINT"},
    {"row_number", "BIGINT"},
    {"rank", "BIGINT"},
    {"dense_rank", "BIGINT"},
    {"ntile", "BIGINT"},
    {"year", "SMALLINT"},
    {"length", "INT"},
    {"char_length", "INT"},
    {"murmur_hash3_32", "INT"},
    {"now", "DATETIME"},
    {"current_timestamp", "DATETIME"},
    {"date_add", "DATETIME"},
    {"date_sub", "DATETIME"},
    {"timestampadd", "DATETIME"},
    {"curdate", "DATE"},
    {"current_date", "DATE"},
    {"array_contains", "BOOLEAN"},
    {"json_query", "JSON"},
    {"parse_json", "JSON"},
    {"stddev", "DOUBLE"},
    {"hll_hash", "HLL"},
    {"to_bitmap", "BITMAP"},
    {"bitmap_union", "BITMAP"},
    {"bitmap_agg", "BITMAP"},
    {"concat", "VARCHAR"},
    {"left", "VARCHAR"},
    {"trim", "VARCHAR"},
    {"lcase", "VARCHAR"},
    {"lower", "VARCHAR"},
    {"upper", "VARCHAR"},
    {"substring", "VARCHAR"},
    {"date_format", "VARCHAR"},
    {"group_concat", "VARCHAR"},
    {"get_json_string", "VARCHAR"},
    {"user", "VARCHAR"},
    {"database", "VARCHAR"},
};

// Functions of the type of their first argument.
constexpr std::string_view kTypeOfFirst[] = {"min", "max",  "any_value",   "max_by", "min_by",
                                             "lag", "lead", "first_value", "nullif", "last_value"};

TypePtr TypeOfChild(const Node& node, size_t index) {
  if (node.children.size() <= index || node.children[index] == nullptr) return nullptr;
  return TypeOf(*node.children[index]);
}

// Functions return texts without their length.
TypePtr Computed(TypePtr type) {
  if (type && (type->name == "VARCHAR" || type->name == "CHAR")) return Simple("VARCHAR");
  return type;
}

TypePtr TypeOfSum(TypePtr argument) {
  if (!argument) return nullptr;
  const std::string& name = argument->name;
  if (name == "TINYINT" || name == "SMALLINT" || name == "INT" || name == "BIGINT") {
    return Simple("BIGINT");
  }
  if (name == "FLOAT" || name == "DOUBLE") return Simple("DOUBLE");
  if (name != "DECIMAL" || !argument->scale || argument->precision > 38) return nullptr;
  DataType type = *argument;
  type.precision = 38;
  return Shared(std::move(type));
}

TypePtr ArrayOf(TypePtr element) {
  if (element == nullptr || !element->fields.empty()) return nullptr;
  DataType array;
  array.name = "ARRAY";
  array.fields = {{"", *element}};
  return Shared(std::move(array));
}

TypePtr TypeOfCall(const Node& call) {
  if (call.parts.size() != 1) return nullptr;
  const std::string& name = call.parts[0];
  for (const FunctionType& one : kFunctionTypes) {
    if (one.function == name) return Simple(one.type);
  }
  if (std::find(std::begin(kTypeOfFirst), std::end(kTypeOfFirst), name) != std::end(kTypeOfFirst)) {
    return Computed(TypeOfChild(call, 0));
  }
  if (name == "sum") return TypeOfSum(TypeOfChild(call, 0));
  if (name == "array_agg") return ArrayOf(TypeOfChild(call, 0));
  if (name == "date_trunc") {
    TypePtr type = TypeOfChild(call, 1);
    return type && type->name == "DATETIME" ? type : nullptr;
  }
  if (name == "if" || name == "ifnull" || name == "coalesce") {
    const size_t first = name == "if" ? 1 : 0;
    TypePtr one = Computed(TypeOfChild(call, first));
    TypePtr other = Computed(TypeOfChild(call, first + 1));
    return IsSame(one, other) && call.children.size() == first + 2 ? one : nullptr;
  }
  return nullptr;
}

TypePtr TypeOfNumber(const std::string& text) {
  if (text.find_first_of("eE") != text.npos) return Simple("DOUBLE");
  const size_t point = text.find('.');
  if (point != text.npos) {
    const size_t start = text.starts_with('-') ? 1 : 0;
    const size_t whole = text.find_first_not_of('0', start);
    DataType type;
    type.name = "DECIMAL";
    type.scale = static_cast<int>(text.size() - point - 1);
    type.precision = static_cast<int>(whole < point ? point - whole : 0) + *type.scale;
    if (*type.precision == 0 || *type.precision > 38) return nullptr;
    return Shared(std::move(type));
  }
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value)) return nullptr;
  auto fits = [&](int bits) { return value >= -(1LL << bits) && value < (1LL << bits); };
  return Simple(fits(7) ? "TINYINT" : fits(15) ? "SMALLINT" : fits(31) ? "INT" : "BIGINT");
}

TypePtr TypeOfChain(const Node& chain) {
  if (PrecedenceOf(chain.parts[0]) <= Precedence::kPredicate) return Simple("BOOLEAN");
  const bool interval =
      std::any_of(chain.children.begin(), chain.children.end(),
                  [](const NodePtr& child) { return child->kind == Kind::kInterval; });
  return interval ? Simple("DATETIME") : nullptr;
}

TypePtr TypeOfElement(const Node& subscript) {
  return subscript.children.size() > 2 ? nullptr : ElementType(TypeOfChild(subscript, 0));
}

TypePtr TypeOfField(const Node& field) {
  TypePtr of = TypeOfChild(field, 0);
  return of ? FieldType(of, field.text) : nullptr;
}

TypePtr TypeOfArray(const Node& array) {
  if (array.type != nullptr) return ArrayOf(array.type);
  TypePtr element = TypeOfChild(array, 0);
  for (size_t i = 1; i < array.children.size(); ++i) {
    if (!IsSame(TypeOfChild(array, i), element)) return nullptr;
  }
  return ArrayOf(std::move(element));
}

TypePtr TypeOfMap(const Node& map) {
  if (map.type != nullptr) return map.type;
  TypePtr key = TypeOfChild(map, 0), value = TypeOfChild(map, 1);
  if (key == nullptr || value == nullptr || map.children.size() != 2) return nullptr;
  if (!key->fields.empty() || !value->fields.empty()) return nullptr;
  DataType type;
  type.name = "MAP";
  type.fields = {{"", *key}, {"", *value}};
  return Shared(std::move(type));
}

TypePtr TypeOfCase(const Node& node) {
  TypePtr type = Computed(TypeOfChild(node, 3));
  for (size_t i = 5; i < node.children.size(); i += 2) {
    if (!IsSame(Computed(TypeOfChild(node, i)), type)) return nullptr;
  }
  const Node* otherwise = node.children[1].get();
  const bool null = otherwise == nullptr || otherwise->text == "NULL";
  return null || IsSame(Computed(TypeOf(*otherwise)), type) ? type : nullptr;
}

}  // namespace

TypePtr ElementType(const TypePtr& type) {
  if (type == nullptr) return nullptr;
  if (type->name == "ARRAY" && type->fields.size() == 1) return {type, &type->fields[0].type};
  if (type->name == "MAP" && type->fields.size() == 2) return {type, &type->fields[1].type};
  return nullptr;
}

TypePtr FieldType(const TypePtr& type, std::string_view name) {
  if (type == nullptr || type->name != "STRUCT") return nullptr;
  for (const StructField& field : type->fields) {
    if (EqualIgnoringCase(field.name, name)) return {type, &field.type};
  }
  return nullptr;
}

TypePtr TypeOf(const Node& node) {
  switch (node.kind) {
    case Kind::kName:
    case Kind::kSubquery:
    case Kind::kCast:
      return node.type;
    case Kind::kText:
      return node.type != nullptr ? node.type : Simple("VARCHAR");
    case Kind::kNumber:
      return TypeOfNumber(node.text);
    case Kind::kWord:
      if (node.text == "TRUE" || node.text == "FALSE") return Simple("BOOLEAN");
      return nullptr;
    case Kind::kBetween:
    case Kind::kIn:
    case Kind::kLike:
    case Kind::kIs:
    case Kind::kExists:
      return Simple("BOOLEAN");
    case Kind::kUnary:
      if (node.text == "NOT") return Simple("BOOLEAN");
      return nullptr;
    case Kind::kChain:
      return TypeOfChain(node);
    case Kind::kCall:
      return TypeOfCall(node);
    case Kind::kCase:
      return TypeOfCase(node);
    case Kind::kArray:
      return TypeOfArray(node);
    case Kind::kMap:
      return TypeOfMap(node);
    case Kind::kSubscript:
      return TypeOfElement(node);
    case Kind::kField:
      return TypeOfField(node);
    case Kind::kArrow:
      return Simple("JSON");
    default:
      return nullptr;
  }
}

}  // namespace stateserver::schema::query
