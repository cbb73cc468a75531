// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/functions.h"

#include <algorithm>
#include <array>
#include <string>

namespace stateserver::apply {
namespace {

// What a function returns; kOther stands for types that no rule here depends on.
enum class Result {
  kBigint,
  kInt,
  kSmallint,
  kTinyint,
  kDouble,
  kText,
  kDate,
  kDatetime,
  kBoolean,
  kFirst,
  kSum,
  kOther
};

struct Function {
  std::string_view name;
  Result result;
  bool aggregate = false;
};

constexpr Function kFunctions[] = {
    {"count", Result::kBigint, true},
    {"sum", Result::kSum, true},
    {"avg", Result::kOther, true},
    {"min", Result::kFirst, true},
    {"max", Result::kFirst, true},
    {"any_value", Result::kFirst, true},
    {"ndv", Result::kBigint, true},
    {"approx_count_distinct", Result::kBigint, true},
    {"bitmap_union", Result::kOther, true},
    {"bitmap_union_count", Result::kBigint, true},
    {"bitmap_agg", Result::kOther, true},
    {"hll_union", Result::kOther, true},
    {"hll_union_agg", Result::kBigint, true},
    {"hll_raw_agg", Result::kOther, true},
    {"percentile_union", Result::kOther, true},
    {"percentile_approx", Result::kDouble, true},
    {"group_concat", Result::kText, true},
    {"array_agg", Result::kOther, true},
    {"stddev", Result::kDouble, true},
    {"variance", Result::kDouble, true},
    {"max_by", Result::kOther, true},
    {"min_by", Result::kOther, true},
    {"row_number", Result::kBigint},
    {"rank", Result::kBigint},
    {"dense_rank", Result::kBigint},
    {"ntile", Result::kBigint},
    {"lag", Result::kFirst},
    {"lead", Result::kFirst},
    {"first_value", Result::kFirst},
    {"last_value", Result::kFirst},
    {"abs", Result::kOther},
    {"round", Result::kOther},
    {"floor", Result::kOther},
    {"ceil", Result::kOther},
    {"mod", Result::kOther},
    {"pow", Result::kDouble},
    {"power", Result::kDouble},
    {"sqrt", Result::kDouble},
    {"exp", Result::kDouble},
    {"ln", Result::kDouble},
    {"coalesce", Result::kOther},
    {"ifnull", Result::kOther},
    {"nvl", Result::kOther},
    {"nullif", Result::kFirst},
    {"if", Result::kOther},
    {"greatest", Result::kOther},
    {"least", Result::kOther},
    {"concat", Result::kText},
    {"concat_ws", Result::kText},
    {"upper", Result::kText},
    {"lower", Result::kText},
    {"ucase", Result::kText},
    {"lcase", Result::kText},
    {"trim", Result::kText},
    {"ltrim", Result::kText},
    {"rtrim", Result::kText},
    {"substr", Result::kText},
    {"substring", Result::kText},
    {"left", Result::kText},
    {"right", Result::kText},
    {"lpad", Result::kText},
    {"rpad", Result::kText},
    {"replace", Result::kText},
    {"reverse", Result::kText},
    {"repeat", Result::kText},
    {"split_part", Result::kText},
    {"regexp_replace", Result::kText},
    {"regexp_extract", Result::kText},
    {"md5", Result::kText},
    {"date_format", Result::kText},
    {"from_unixtime", Result::kText},
    {"get_json_string", Result::kText},
    {"length", Result::kInt},
    {"char_length", Result::kInt},
    {"locate", Result::kInt},
    {"instr", Result::kInt},
    {"ascii", Result::kInt},
    {"datediff", Result::kInt},
    {"dayofweek", Result::kInt},
    {"dayofyear", Result::kInt},
    {"weekofyear", Result::kInt},
    {"array_length", Result::kInt},
    {"cardinality", Result::kInt},
    {"year", Result::kSmallint},
    {"quarter", Result::kTinyint},
    {"month", Result::kTinyint},
    {"day", Result::kTinyint},
    {"dayofmonth", Result::kTinyint},
    {"hour", Result::kTinyint},
    {"minute", Result::kTinyint},
    {"second", Result::kTinyint},
    {"unix_timestamp", Result::kBigint},
    {"get_json_int", Result::kBigint},
    {"get_json_double", Result::kDouble},
    {"timestampdiff", Result::kBigint},
    {"timestampadd", Result::kDatetime},
    {"bitmap_count", Result::kBigint},
    {"hll_cardinality", Result::kBigint},
    {"now", Result::kDatetime},
    {"current_timestamp", Result::kDatetime},
    {"utc_timestamp", Result::kDatetime},
    {"date_add", Result::kDatetime},
    {"date_sub", Result::kDatetime},
    {"days_add", Result::kDatetime},
    {"days_sub", Result::kDatetime},
    {"hours_add", Result::kDatetime},
    {"months_add", Result::kDatetime},
    {"time_slice", Result::kDatetime},
    {"date_trunc", Result::kOther},
    {"date", Result::kDate},
    {"to_date", Result::kDate},
    {"current_date", Result::kDate},
    {"curdate", Result::kDate},
    {"last_day", Result::kDate},
    {"str2date", Result::kDate},
    {"str_to_date", Result::kOther},
    {"to_bitmap", Result::kOther},
    {"bitmap_hash", Result::kOther},
    {"hll_hash", Result::kOther},
    {"percentile_hash", Result::kOther},
    {"parse_json", Result::kOther},
    {"json_query", Result::kOther},
    {"array_contains", Result::kBoolean},
    {"starts_with", Result::kBoolean},
    {"ends_with", Result::kBoolean},
};

const Function* FindFunction(std::string_view lower) {
  const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                   [&](const Function& one) { return one.name == lower; });
  return found == std::end(kFunctions) ? nullptr : found;
}

DataType DecimalType(int precision, int scale) {
  DataType type = ScalarType("DECIMAL");
  type.precision = precision;
  type.scale = scale;
  return type;
}

constexpr int kWidestSum = 38;

std::optional<DataType> SumType(const std::optional<DataType>& argument) {
  if (!argument) return std::nullopt;
  if (argument->name == "LARGEINT") return argument;
  if (argument->name == "DECIMAL") return DecimalType(kWidestSum, argument->scale.value_or(0));
  bool whole = IsInteger(*argument) || argument->name == "BOOLEAN";
  return ScalarType(whole ? "BIGINT" : "DOUBLE");
}

constexpr std::array<std::string_view, 5> kRanks = {"TINYINT", "SMALLINT", "INT", "BIGINT",
                                                    "LARGEINT"};

size_t RankOf(const DataType& type) {
  return static_cast<size_t>(std::find(kRanks.begin(), kRanks.end(), type.name) - kRanks.begin());
}

// The digits before the point, one more for a carry, and the larger scale. Small integers count as
// nine digits; other integers were not recorded.
std::optional<DataType> DecimalSum(const DataType& a, const DataType& b) {
  constexpr int kSmall = 9, kMost128 = 38;
  auto digits = [](const DataType& one) {
    return one.precision ? *one.precision : one.name == "TINYINT" ? kSmall : kMost128 + 1;
  };
  int precision = std::max(digits(a), digits(b));
  if (precision > kMost128) return std::nullopt;
  int scale = std::max(a.scale.value_or(0), b.scale.value_or(0));
  int whole = std::max(digits(a) - a.scale.value_or(0), digits(b) - b.scale.value_or(0));
  return DecimalType(std::min(whole + scale + 1, kMost128), scale);
}

}  // namespace

bool IsKnownFunction(std::string_view lower) { return FindFunction(lower) != nullptr; }

bool IsAggregate(std::string_view lower) {
  const Function* function = FindFunction(lower);
  return function != nullptr && function->aggregate;
}

std::optional<DataType> ResultType(std::string_view lower,
                                   const std::vector<std::optional<DataType>>& arguments) {
  const Function* function = FindFunction(lower);
  if (function == nullptr) return std::nullopt;
  std::optional<DataType> first = arguments.empty() ? std::nullopt : arguments[0];
  switch (function->result) {
    case Result::kBigint:
      return ScalarType("BIGINT");
    case Result::kInt:
      return ScalarType("INT");
    case Result::kSmallint:
      return ScalarType("SMALLINT");
    case Result::kTinyint:
      return ScalarType("TINYINT");
    case Result::kDouble:
      return ScalarType("DOUBLE");
    case Result::kText:
      return ScalarType("VARCHAR");
    case Result::kDate:
      return ScalarType("DATE");
    case Result::kDatetime:
      return ScalarType("DATETIME");
    case Result::kBoolean:
      return ScalarType("BOOLEAN");
    case Result::kFirst:
      return first;
    case Result::kSum:
      return SumType(first);
    case Result::kOther:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<DataType> ArithmeticType(char op, const std::optional<DataType>& a,
                                       const std::optional<DataType>& b) {
  if (!a || !b || op == '%') return std::nullopt;
  bool decimal = a->name == "DECIMAL" || b->name == "DECIMAL";
  bool whole = IsInteger(*a) && IsInteger(*b);
  if (decimal) {
    bool exact = (a->name == "DECIMAL" || IsInteger(*a)) && (b->name == "DECIMAL" || IsInteger(*b));
    return exact && (op == '+' || op == '-') ? DecimalSum(*a, *b) : std::nullopt;
  }
  if (op == '/' || !whole) return ScalarType("DOUBLE");
  constexpr size_t kBigint = 3;
  size_t rank = std::max(RankOf(*a), RankOf(*b));
  return ScalarType(kRanks[rank == kBigint || rank == kBigint + 1 ? rank : rank + 1]);
}

}  // namespace stateserver::apply
