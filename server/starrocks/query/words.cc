// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/words.h"

#include <algorithm>
#include <array>

namespace stateserver::schema::query {

bool IsTimeUnit(std::string_view upper) {
  constexpr std::array<std::string_view, 18> kUnits = {
      "YEAR",   "QUARTER", "MONTH",       "WEEK",        "DAY",     "HOUR",
      "MINUTE", "SECOND",  "MILLISECOND", "MICROSECOND", "YEARS",   "QUARTERS",
      "MONTHS", "WEEKS",   "DAYS",        "HOURS",       "MINUTES", "SECONDS"};
  return std::find(kUnits.begin(), kUnits.end(), upper) != kUnits.end();
}

bool IsBareFunction(std::string_view upper) {
  constexpr std::array<std::string_view, 8> kFunctions = {
      "CURRENT_DATE", "CURRENT_TIME",  "CURRENT_TIMESTAMP", "CURRENT_USER",
      "CURRENT_ROLE", "CURRENT_GROUP", "LOCALTIME",         "LOCALTIMESTAMP"};
  return std::find(kFunctions.begin(), kFunctions.end(), upper) != kFunctions.end();
}

bool IsClauseWord(std::string_view upper) {
  constexpr std::array<std::string_view, 26> kWords = {
      "SELECT", "FROM",  "WHERE", "GROUP", "ORDER",   "HAVING",    "LIMIT", "UNION",  "JOIN",
      "ON",     "USING", "BY",    "AS",    "WHEN",    "THEN",      "ELSE",  "WITH",   "DISTINCT",
      "AND",    "OR",    "IN",    "IS",    "BETWEEN", "INTERSECT", "OVER",  "LATERAL"};
  return std::find(kWords.begin(), kWords.end(), upper) != kWords.end();
}

}  // namespace stateserver::schema::query
