// SPDX-License-Identifier: Apache-2.0
//
// The engine's SchemaChangeTypeCompatibility, in one table.
#include <algorithm>
#include <array>
#include <string_view>

#include "server/starrocks/diff/plan/column_rules.h"

namespace stateserver::schema {
namespace {

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
    {"TINYINT", "FLOAT"},    {"SMALLINT", "FLOAT"},  {"TINYINT", "DOUBLE"},
    {"SMALLINT", "DOUBLE"},  {"INT", "DOUBLE"},      {"BIGINT", "DOUBLE"},
    {"INT", "DATE"},         {"FLOAT", "DOUBLE"},    {"DATE", "DATETIME"},
    {"DATETIME", "DATE"},    {"TINYINT", "VARCHAR"}, {"SMALLINT", "VARCHAR"},
    {"INT", "VARCHAR"},      {"BIGINT", "VARCHAR"},  {"LARGEINT", "VARCHAR"},
    {"FLOAT", "VARCHAR"},    {"DOUBLE", "VARCHAR"},  {"DECIMAL", "VARCHAR"},
    {"CHAR", "VARCHAR"},     {"JSON", "VARCHAR"},    {"VARCHAR", "TINYINT"},
    {"VARCHAR", "SMALLINT"}, {"VARCHAR", "INT"},     {"VARCHAR", "BIGINT"},
    {"VARCHAR", "LARGEINT"}, {"VARCHAR", "FLOAT"},   {"VARCHAR", "DOUBLE"},
    {"VARCHAR", "DATE"},     {"VARCHAR", "JSON"},    {"VARCHAR", "DECIMAL"},
};

bool WiderDecimal(const DataType& from, const DataType& to) {
  int scale = from.scale.value_or(0), wider = to.scale.value_or(0);
  return scale <= wider && from.precision.value_or(10) - scale <= to.precision.value_or(10) - wider;
}

bool IsText(std::string_view type) { return type == "CHAR" || type == "VARCHAR"; }

// Texts do not get shorter, and JSON needs room.
bool HasRoom(const DataType& from, const DataType& to) {
  constexpr int kLeastForJson = 1024;
  if (!IsText(to.name)) return true;
  if (from.name == "JSON") return to.length.value_or(1) >= kLeastForJson;
  return !IsText(from.name) || from.length.value_or(1) <= to.length.value_or(1);
}

}  // namespace

bool Converts(const DataType& from, const DataType& to) {
  if (from == to) return true;
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

}  // namespace stateserver::schema
