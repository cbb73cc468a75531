// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/compare/properties.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "common/text.h"

namespace stateserver::schema {
namespace {

struct Entry {
  std::string_view key, value;
};

// Printed where they are not set, or taken and dropped: seen on a 4.0 front end,
// and in the peer's dialect.
constexpr Entry kDefaults[] = {
    {"compression", "LZ4"},
    {"fast_schema_evolution", "true"},
    {"replicated_storage", "true"},
    {"storage_format", "DEFAULT"},
    {"storage_medium", "HDD"},
    {"write_quorum", "MAJORITY"},
    {"enable_statistic_collect_on_first_load", "true"},
    {"enable_load_profile", "false"},
    {"primary_index_cache_expire_sec", "0"},
    {"binlog_enable", "false"},
    {"binlog_max_size", "9223372036854775807"},
    {"binlog_ttl_second", "1800"},
    {"binlog_version", "0"},
    {"flat_json.null.factor", "0.3"},
    {"flat_json.sparsity.factor", "0.3"},
    {"flat_json.column.max", "100"},
    {"dynamic_partition.history_partition_num", "0"},
    {"dynamic_partition.time_zone", "UTC"},
    {"base_compaction_forbidden_time_ranges", ""},
    {"labels.location", ""},
    {"bloom_filter_columns", ""},
    {"colocate_with", ""},
    {"unique_constraints", ""},
    {"foreign_key_constraints", ""},
};

constexpr std::array kNeverPrinted = {"bloom_filter_fpp",
                                      "in_memory",
                                      "storage_type",
                                      "version_info",
                                      "tablet_type",
                                      "schema_version",
                                      "short_key",
                                      "light_schema_change",
                                      "datacache.enable",
                                      "enable_datacache",
                                      "use_fast_schema_evolution",
                                      "file_bundling",
                                      "storage_volume",
                                      "use_light_schema_change"};

// "3 DAY" is printed as "3 days".
std::string NormalSpan(std::string_view value) {
  size_t space = value.find(' ');
  if (space == value.npos) return std::string(value);
  std::string unit(value.substr(space + 1));
  absl::AsciiStrToLower(&unit);
  if (!unit.ends_with('s')) unit.push_back('s');
  return Cat(value.substr(0, space), " ", unit);
}

// Each column list of unique_constraints comes with its table's full name.
std::string NormalConstraints(const ObjectName& name, std::string_view value) {
  std::string out;
  while (!value.empty()) {
    size_t end = std::min(value.find(';'), value.size());
    std::string_view part = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
    bool qualified = part.find('.') != part.npos;
    AppendTo(&out, out.empty() ? "" : ";",
             qualified ? "" : Cat("default_catalog.", name.database, ".", name.name, "."), part);
  }
  return out;
}

std::string NormalValue(const ObjectName& name, std::string_view key, std::string_view value) {
  if (key == "storage_cooldown_ttl" || key == "partition_ttl") return NormalSpan(value);
  if (key == "unique_constraints") return NormalConstraints(name, value);
  std::string lower(value);
  absl::AsciiStrToLower(&lower);
  if (lower == "true" || lower == "false") return lower;
  return std::string(value);
}

}  // namespace

bool IsNeverPrinted(std::string_view key) {
  return std::find(kNeverPrinted.begin(), kNeverPrinted.end(), key) != kNeverPrinted.end();
}

std::optional<std::string> DefaultProperty(std::string_view key, const Table& table,
                                           const Engine& engine) {
  bool shared_nothing = engine.run_mode == RunMode::kSharedNothing;
  if (key == "replication_num") return shared_nothing ? "3" : "1";
  if (key == "enable_persistent_index") return "true";
  if (key == "bucket_size") {
    bool random = !table.distribution || table.distribution->random;
    return random ? "1073741824" : "0";
  }
  for (const Entry& entry : kDefaults) {
    if (entry.key == key) return std::string(entry.value);
  }
  return std::nullopt;
}

Properties NormalProperties(const ObjectName& name, const Table& table, const Engine& engine) {
  Properties out;
  for (const auto& [key, value] : table.properties) {
    std::string normal = NormalValue(name, key, value);
    if (DefaultProperty(key, table, engine) != normal) out[key] = normal;
  }
  return out;
}

Properties NormalIndexProperties(const Index& index) {
  Properties out;
  for (const auto& [key, value] : index.properties) {
    std::string lower = key;
    absl::AsciiStrToLower(&lower);
    out[lower] = value;
  }
  if (index.type == "NGRAMBF") out.emplace("case_sensitive", "true");
  if (index.type == "GIN") out.emplace("imp_lib", "clucene");
  return out;
}

}  // namespace stateserver::schema
