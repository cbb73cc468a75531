// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/gen/dialect.h"

namespace stateserver::fingerprint {
namespace {

constexpr std::string_view kSafe = "True";
constexpr std::string_view kStrict = "False";

// clang-format off
constexpr Dialect kDialects[] = {
    {"",           Fold::kLower,          "\"",  "'",   true,  false, "",    kSafe},
    {"athena",     Fold::kLower,          "\"`", "'",   true,  true,  "",    kStrict},
    {"bigquery",   Fold::kLowerQuotedToo, "`",   "'\"", false, true,  "#",   kSafe},
    {"clickhouse", Fold::kNone,           "\"`", "'",   true,  true,  "#",   kSafe},
    {"databricks", Fold::kLowerQuotedToo, "`",   "'\"", false, true,  "",    kSafe},
    {"duckdb",     Fold::kLowerQuotedToo, "\"",  "'",   true,  false, "",    kSafe},
    {"fabric",     Fold::kNone,           "\"[", "'",   true,  false, "",    kSafe},
    {"hive",       Fold::kLowerQuotedToo, "`",   "'\"", false, true,  "",    kSafe},
    {"mysql",      Fold::kNone,           "`",   "'\"", true,  true,  "#",   ""},
    {"postgres",   Fold::kLower,          "\"",  "'",   true,  false, "",    kSafe},
    {"presto",     Fold::kLowerQuotedToo, "\"",  "'",   true,  false, "",    kStrict},
    {"redshift",   Fold::kLowerQuotedToo, "\"",  "'",   true,  true,  "",    kSafe},
    {"risingwave", Fold::kLower,          "\"",  "'",   true,  false, "",    kSafe},
    {"snowflake",  Fold::kUpper,          "\"",  "'",   true,  true,  "//",  kSafe},
    {"spark",      Fold::kLowerQuotedToo, "`",   "'\"", false, true,  "",    kSafe},
    {"starrocks",  Fold::kNone,           "`",   "'\"", true,  true,  "#",   ""},
    {"trino",      Fold::kLowerQuotedToo, "\"",  "'",   true,  false, "",    kStrict},
    {"tsql",       Fold::kLowerQuotedToo, "\"[", "'",   true,  false, "",    kSafe},
};
// clang-format on

}  // namespace

const Dialect* FindExpressionDialect(std::string_view name) {
  for (const Dialect& dialect : kDialects) {
    if (dialect.name == name) return &dialect;
  }
  return nullptr;
}

bool FoldIdentifier(const Dialect& dialect, bool quoted, std::string* name) {
  if (dialect.fold == Fold::kNone || (quoted && dialect.fold != Fold::kLowerQuotedToo)) return true;
  bool upper = dialect.fold == Fold::kUpper;
  for (char& c : *name) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
    if (upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z') c ^= 0x20;
  }
  return true;
}

}  // namespace stateserver::fingerprint
