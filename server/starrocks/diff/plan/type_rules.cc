// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/type_rules.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "common/text.h"
#include "server/starrocks/ddl/print.h"

namespace stateserver::schema {

namespace {

constexpr int kLeastForJson = 1024;        // bytes of a text that a JSON is converted to
constexpr int kMostAggregatedDigits = 38;  // of a DECIMAL that MAX and MIN accept

bool IsText(std::string_view type) { return type == "CHAR" || type == "VARCHAR"; }

bool WiderDecimal(const DataType& from, const DataType& to) {
  int scale = from.scale.value_or(0), wider = to.scale.value_or(0);
  return scale <= wider && from.precision.value_or(10) - scale <= to.precision.value_or(10) - wider;
}

// Texts cannot get shorter. A DECIMAL needs space for its digits, "-0" and a point.
bool HasRoom(const DataType& from, const DataType& to) {
  if (!IsText(to.name)) return true;
  if (from.name == "JSON") return to.length.value_or(1) >= kLeastForJson;
  if (from.name == "DECIMAL") return to.length.value_or(1) >= from.precision.value_or(10) + 3;
  return !IsText(from.name) || from.length.value_or(1) <= to.length.value_or(1);
}

constexpr std::array<std::string_view, 5> kIntegers = {"TINYINT", "SMALLINT", "INT", "BIGINT",
                                                       "LARGEINT"};

int Rank(std::string_view type) {
  const auto* found = std::find(kIntegers.begin(), kIntegers.end(), type);
  return found == kIntegers.end() ? -1 : static_cast<int>(found - kIntegers.begin());
}

struct Pair {
  std::string_view from, to;
};

constexpr Pair kPairs[] = {
    {"TINYINT", "DOUBLE"},   {"SMALLINT", "DOUBLE"},  {"INT", "DOUBLE"},
    {"BIGINT", "DOUBLE"},    {"INT", "DATE"},         {"FLOAT", "DOUBLE"},
    {"DATE", "DATETIME"},    {"DATETIME", "DATE"},    {"TINYINT", "VARCHAR"},
    {"SMALLINT", "VARCHAR"}, {"INT", "VARCHAR"},      {"BIGINT", "VARCHAR"},
    {"LARGEINT", "VARCHAR"}, {"FLOAT", "VARCHAR"},    {"DOUBLE", "VARCHAR"},
    {"DECIMAL", "VARCHAR"},  {"CHAR", "VARCHAR"},     {"JSON", "VARCHAR"},
    {"VARCHAR", "TINYINT"},  {"VARCHAR", "SMALLINT"}, {"VARCHAR", "INT"},
    {"VARCHAR", "BIGINT"},   {"VARCHAR", "LARGEINT"}, {"VARCHAR", "FLOAT"},
    {"VARCHAR", "DOUBLE"},   {"VARCHAR", "DATE"},     {"VARCHAR", "JSON"},
    {"VARCHAR", "DECIMAL"},
};

// Returns true if the engine's matrix contains the pair.
bool Converts(const DataType& from, const DataType& to) {
  if (from.name == to.name) {
    if (from.name == "DECIMAL") return WiderDecimal(from, to);
    return IsText(from.name) && HasRoom(from, to);
  }
  if (Rank(from.name) >= 0 && Rank(to.name) >= 0) return Rank(from.name) < Rank(to.name);
  return HasRoom(from, to) &&
         std::any_of(std::begin(kPairs), std::end(kPairs), [&](const Pair& pair) {
           return pair.from == from.name && pair.to == to.name;
         });
}

bool IsNumber(std::string_view type) {
  return Rank(type) >= 0 || type == "FLOAT" || type == "DOUBLE" || type == "DECIMAL";
}

// Returns true if a column of this purpose can have the type.
bool Suits(const DataType& type, const ColumnPurpose& purpose) {
  if (purpose.key) return type.name != "FLOAT" && type.name != "DOUBLE" && type.name != "JSON";
  if (purpose.aggregate == "SUM") return IsNumber(type.name);
  if (purpose.aggregate != "MAX" && purpose.aggregate != "MIN") return true;
  bool long_decimal = type.name == "DECIMAL" && type.precision.value_or(10) > kMostAggregatedDigits;
  return type.name != "JSON" && !long_decimal;
}

}  // namespace

std::string WhyNotConvert(const DataType& from, const DataType& to, const ColumnPurpose& purpose) {
  if (from == to) return "";
  std::string change = Cat("Can not change ", PrintType(from), " to ", PrintType(to));
  if (!Suits(to, purpose)) {
    return Cat(change, purpose.key ? " in a key column"
                                   : Cat(" in a column with the aggregate ", purpose.aggregate));
  }
  // The engine stores sums of decimals with all digits.
  bool sums = purpose.aggregate == "SUM" && from.name == "DECIMAL" && to.name == "DECIMAL";
  if (sums ? from.scale.value_or(0) == to.scale.value_or(0) : Converts(from, to)) return "";
  return from.name == to.name && IsText(from.name) ? "Cannot shorten string length" : change;
}

}  // namespace stateserver::schema
