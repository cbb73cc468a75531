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
    {"adddate", Result::kOther},
    {"subdate", Result::kOther},
    {"minutes_add", Result::kOther},
    {"minutes_sub", Result::kOther},
    {"seconds_add", Result::kOther},
    {"seconds_sub", Result::kOther},
    {"hours_sub", Result::kOther},
    {"months_sub", Result::kOther},
    {"years_add", Result::kOther},
    {"years_sub", Result::kOther},
    {"weeks_add", Result::kOther},
    {"weeks_sub", Result::kOther},
    {"date_slice", Result::kOther},
    {"makedate", Result::kOther},
    {"convert_tz", Result::kOther},
    {"timestamp", Result::kOther},
    {"date_diff", Result::kOther},
    {"from_days", Result::kOther},
    {"time_to_sec", Result::kOther},
    {"sec_to_time", Result::kOther},
    {"dayname", Result::kOther},
    {"monthname", Result::kOther},
    {"array_join", Result::kOther},
    {"array_sum", Result::kOther},
    {"array_avg", Result::kOther},
    {"array_max", Result::kOther},
    {"array_min", Result::kOther},
    {"array_sort", Result::kOther},
    {"array_distinct", Result::kOther},
    {"array_concat", Result::kOther},
    {"array_append", Result::kOther},
    {"array_remove", Result::kOther},
    {"array_slice", Result::kOther},
    {"array_position", Result::kOther},
    {"arrays_overlap", Result::kOther},
    {"map_keys", Result::kOther},
    {"map_values", Result::kOther},
    {"map_size", Result::kOther},
    {"element_at", Result::kOther},
    {"named_struct", Result::kOther},
    {"row", Result::kOther},
    {"struct", Result::kOther},
    {"json_object", Result::kOther},
    {"json_array", Result::kOther},
    {"json_length", Result::kOther},
    {"json_keys", Result::kOther},
    {"get_json_object", Result::kOther},
    {"to_json", Result::kOther},
    {"bitmap_and", Result::kOther},
    {"bitmap_or", Result::kOther},
    {"bitmap_xor", Result::kOther},
    {"bitmap_andnot", Result::kOther},
    {"bitmap_empty", Result::kOther},
    {"bitmap_to_string", Result::kOther},
    {"bitmap_from_string", Result::kOther},
    {"sub_bitmap", Result::kOther},
    {"hll_empty", Result::kOther},
    {"truncate", Result::kOther},
    {"sign", Result::kOther},
    {"degrees", Result::kOther},
    {"radians", Result::kOther},
    {"asin", Result::kOther},
    {"acos", Result::kOther},
    {"atan", Result::kOther},
    {"bit_and", Result::kOther},
    {"bit_or", Result::kOther},
    {"bit_xor", Result::kOther},
    {"bit_not", Result::kOther},
    {"conv", Result::kOther},
    {"bin", Result::kOther},
    {"sum_map", Result::kOther},
    {"grouping", Result::kOther},
    {"grouping_id", Result::kOther},
    {"nth_value", Result::kOther},
    {"week", Result::kOther},
    {"hex", Result::kText},
    {"unhex", Result::kText},
    {"to_base64", Result::kText},
    {"from_base64", Result::kText},
    {"sha2", Result::kText},
    {"sm3", Result::kText},
    {"char", Result::kText},
    {"space", Result::kText},
    {"strleft", Result::kText},
    {"strright", Result::kText},
    {"substring_index", Result::kText},
    {"initcap", Result::kText},
    {"format", Result::kText},
    {"translate", Result::kText},
    {"url_encode", Result::kText},
    {"url_decode", Result::kText},
    {"parse_url", Result::kText},
    {"user", Result::kText},
    {"database", Result::kText},
    {"version", Result::kText},
    {"append_trailing_char_if_absent", Result::kText},
    {"murmur_hash3_64", Result::kBigint},
    {"crc32", Result::kBigint},
    {"xx_hash3_64", Result::kBigint},
    {"to_days", Result::kBigint},
    {"days_diff", Result::kBigint},
    {"hours_diff", Result::kBigint},
    {"minutes_diff", Result::kBigint},
    {"seconds_diff", Result::kBigint},
    {"months_diff", Result::kBigint},
    {"years_diff", Result::kBigint},
    {"weeks_diff", Result::kBigint},
    {"bitmap_max", Result::kBigint},
    {"bitmap_min", Result::kBigint},
    {"murmur_hash3_32", Result::kInt},
    {"find_in_set", Result::kInt},
    {"strcmp", Result::kInt},
    {"log", Result::kDouble},
    {"log2", Result::kDouble},
    {"log10", Result::kDouble},
    {"sin", Result::kDouble},
    {"cos", Result::kDouble},
    {"tan", Result::kDouble},
    {"pi", Result::kDouble},
    {"e", Result::kDouble},
    {"square", Result::kDouble},
    {"cbrt", Result::kDouble},
    {"cume_dist", Result::kDouble},
    {"percent_rank", Result::kDouble},
    {"isnull", Result::kBoolean},
    {"isnotnull", Result::kBoolean},
    {"json_exists", Result::kBoolean},
    {"bitmap_contains", Result::kBoolean},
    {"bitmap_has_any", Result::kBoolean},
    {"null_or_empty", Result::kBoolean},
    {"count_if", Result::kBigint, true},
    {"multi_distinct_count", Result::kBigint, true},
    {"bitmap_union_int", Result::kBigint, true},
    {"std", Result::kDouble, true},
    {"stddev_samp", Result::kDouble, true},
    {"stddev_pop", Result::kDouble, true},
    {"variance_samp", Result::kDouble, true},
    {"variance_pop", Result::kDouble, true},
    {"var_samp", Result::kDouble, true},
    {"var_pop", Result::kDouble, true},
    {"corr", Result::kDouble, true},
    {"covar_samp", Result::kDouble, true},
    {"covar_pop", Result::kDouble, true},
    {"percentile_cont", Result::kDouble, true},
    {"percentile_disc", Result::kDouble, true},
    {"array_agg_distinct", Result::kOther, true},
    {"array_unique_agg", Result::kOther, true},
    {"bitmap_intersect", Result::kOther, true},
    {"multi_distinct_sum", Result::kOther, true},
    {"bool_or", Result::kOther, true},
    {"boolor_agg", Result::kOther, true},
    {"booland_agg", Result::kOther, true},
    {"retention", Result::kOther, true},
    {"window_funnel", Result::kOther, true},
    {"map_agg", Result::kOther, true},
    {"histogram", Result::kOther, true},
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
