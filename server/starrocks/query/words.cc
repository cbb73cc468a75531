// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/words.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/text.h"

namespace stateserver::schema::query {

namespace {

// Sorted.
constexpr std::array<std::string_view, 159> kReserved = {"ADD",
                                                         "ALL",
                                                         "ALTER",
                                                         "ANALYZE",
                                                         "AND",
                                                         "ARRAY",
                                                         "AS",
                                                         "ASC",
                                                         "ASOF",
                                                         "BETWEEN",
                                                         "BIGINT",
                                                         "BITMAP",
                                                         "BITSHIFTLEFT",
                                                         "BITSHIFTRIGHT",
                                                         "BITSHIFTRIGHTLOGICAL",
                                                         "BOTH",
                                                         "BY",
                                                         "CASE",
                                                         "CHAR",
                                                         "CHARACTER",
                                                         "CHECK",
                                                         "COLLATE",
                                                         "COLUMN",
                                                         "COMPACTION",
                                                         "CONVERT",
                                                         "CREATE",
                                                         "CROSS",
                                                         "CUBE",
                                                         "CURRENT_DATE",
                                                         "CURRENT_GROUP",
                                                         "CURRENT_ROLE",
                                                         "CURRENT_TIME",
                                                         "CURRENT_TIMESTAMP",
                                                         "CURRENT_USER",
                                                         "DATABASE",
                                                         "DATABASES",
                                                         "DECIMAL",
                                                         "DECIMAL128",
                                                         "DECIMAL256",
                                                         "DECIMAL32",
                                                         "DECIMAL64",
                                                         "DECIMALV2",
                                                         "DEFAULT",
                                                         "DEFERRED",
                                                         "DELETE",
                                                         "DENSE_RANK",
                                                         "DESC",
                                                         "DESCRIBE",
                                                         "DISTINCT",
                                                         "DIV",
                                                         "DOUBLE",
                                                         "DROP",
                                                         "DUAL",
                                                         "ELSE",
                                                         "EXISTS",
                                                         "EXPLAIN",
                                                         "FALSE",
                                                         "FILES",
                                                         "FIRST_VALUE",
                                                         "FLOAT",
                                                         "FOR",
                                                         "FORCE",
                                                         "FROM",
                                                         "FULL",
                                                         "FUNCTION",
                                                         "GIN",
                                                         "GRANT",
                                                         "GROUP",
                                                         "GROUPING",
                                                         "GROUPING_ID",
                                                         "GROUPS",
                                                         "HAVING",
                                                         "HLL",
                                                         "IF",
                                                         "IGNORE",
                                                         "IMMEDIATE",
                                                         "IN",
                                                         "INDEX",
                                                         "INFILE",
                                                         "INNER",
                                                         "INSERT",
                                                         "INT",
                                                         "INTEGER",
                                                         "INTERSECT",
                                                         "INTO",
                                                         "INVOKER",
                                                         "IS",
                                                         "JOIN",
                                                         "JSON",
                                                         "KEY",
                                                         "KEYS",
                                                         "KILL",
                                                         "LAG",
                                                         "LARGEINT",
                                                         "LAST_VALUE",
                                                         "LATERAL",
                                                         "LEAD",
                                                         "LEFT",
                                                         "LIKE",
                                                         "LIMIT",
                                                         "LOAD",
                                                         "LOCALTIME",
                                                         "LOCALTIMESTAMP",
                                                         "MAXVALUE",
                                                         "MICROSECOND",
                                                         "MILLISECOND",
                                                         "MOD",
                                                         "NOT",
                                                         "NTILE",
                                                         "NULL",
                                                         "ON",
                                                         "OPTIMIZE",
                                                         "OR",
                                                         "ORDER",
                                                         "OUTER",
                                                         "OUTFILE",
                                                         "OVER",
                                                         "PARTITION",
                                                         "PERCENTILE",
                                                         "PREPARE",
                                                         "PRIMARY",
                                                         "PROCEDURE",
                                                         "RANGE",
                                                         "READ",
                                                         "REGEXP",
                                                         "RELEASE",
                                                         "RENAME",
                                                         "REPLACE",
                                                         "REVOKE",
                                                         "RIGHT",
                                                         "RLIKE",
                                                         "ROWS",
                                                         "ROW_NUMBER",
                                                         "SCHEMA",
                                                         "SCHEMAS",
                                                         "SELECT",
                                                         "SET",
                                                         "SET_VAR",
                                                         "SHOW",
                                                         "SMALLINT",
                                                         "SYSTEM",
                                                         "TABLE",
                                                         "TERMINATED",
                                                         "TEXT",
                                                         "THEN",
                                                         "TINYINT",
                                                         "TO",
                                                         "TRUE",
                                                         "UNION",
                                                         "UNIQUE",
                                                         "UNSIGNED",
                                                         "UPDATE",
                                                         "USE",
                                                         "USING",
                                                         "VALUES",
                                                         "VARCHAR",
                                                         "WHEN",
                                                         "WHERE",
                                                         "WITH"};

}  // namespace

bool IsReservedWord(std::string_view word) {
  return std::binary_search(kReserved.begin(), kReserved.end(), Upper(word));
}

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
