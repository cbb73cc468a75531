// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/seed/seed_hashes.h"

#include <zlib.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/text.h"
#include "server/sqlmesh/seed/column.h"
#include "server/sqlmesh/seed/csv.h"

namespace stateserver::state {
namespace {

enum class NameCase { kLower, kUpper, kKept };

// Returns how the dialect writes an unquoted name.
std::optional<NameCase> NameCaseOf(std::string_view dialect) {
  constexpr std::string_view kLower[] = {
      "",           "athena", "bigquery", "databricks",  "dremio",   "drill",  "druid",
      "duckdb",     "dune",   "hive",     "materialize", "postgres", "presto", "redshift",
      "risingwave", "spark",  "spark2",   "sqlite",      "teradata", "trino",  "tsql"};
  constexpr std::string_view kUpper[] = {"oracle", "snowflake", "exasol"};
  constexpr std::string_view kKept[] = {"clickhouse", "doris", "fabric", "mysql", "starrocks"};
  auto is = [dialect](std::string_view each) { return each == dialect; };
  if (std::any_of(std::begin(kLower), std::end(kLower), is)) return NameCase::kLower;
  if (std::any_of(std::begin(kUpper), std::end(kUpper), is)) return NameCase::kUpper;
  if (std::any_of(std::begin(kKept), std::end(kKept), is)) return NameCase::kKept;
  return std::nullopt;
}

// Returns true for a name that needs no quotes in any dialect.
bool IsPlainName(std::string_view name) {
  auto is_part = [](char c) {
    return c == '_' || absl::ascii_isalnum(static_cast<unsigned char>(c));
  };
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(), is_part);
}

// Returns the names in the dialect's spelling, which must all differ.
std::optional<std::vector<std::string>> NormalisedNames(std::vector<std::string> names,
                                                        std::string_view dialect,
                                                        std::string* reason) {
  const std::optional<NameCase> name_case = NameCaseOf(dialect);
  if (!name_case) {
    *reason = "dialect " + std::string(dialect);
    return std::nullopt;
  }
  for (std::string& name : names) {
    if (!IsPlainName(name)) {
      *reason = "column name '" + name + "'";
      return std::nullopt;
    }
    if (*name_case == NameCase::kLower) name = Lower(name);
    if (*name_case == NameCase::kUpper) name = Upper(name);
  }
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    *reason = "two columns of one name";
    return std::nullopt;
  }
  return names;
}

std::string Crc32(const std::string& text) {
  return std::to_string(
      crc32(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

}  // namespace

std::optional<SeedHashes> ComputeSeedHashes(std::string_view content, const CsvSettings& settings,
                                            std::string_view dialect, std::string* reason) {
  if (content.rfind("\xef\xbb\xbf", 0) == 0) {
    *reason = "a byte order mark";
    return std::nullopt;
  }
  const std::optional<CsvTable> table = ReadCsv(content, settings, reason);
  if (!table) return std::nullopt;
  const auto names = NormalisedNames(table->header, dialect, reason);
  if (!names) return std::nullopt;
  const std::optional<MissingValues> missing = MissingValues::From(settings, reason);
  if (!missing) return std::nullopt;

  SeedHashes hashes;
  for (size_t i = 0; i < names->size(); ++i) {
    const std::optional<SeedColumn> column = InferColumn(table->columns[i], *missing, reason);
    if (!column) {
      *reason += " in column " + (*names)[i];
      return std::nullopt;
    }
    hashes.column_hashes.emplace_back((*names)[i], Crc32(column->json));
    hashes.derived_columns_to_types.emplace_back((*names)[i], column->type);
  }
  return hashes;
}

}  // namespace stateserver::state
