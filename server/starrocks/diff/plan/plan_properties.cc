// SPDX-License-Identifier: Apache-2.0
//
// Properties: one to a SET, but for two groups.
#include <array>
#include <map>

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print_internal.h"
#include "server/starrocks/diff/compare/compare_parts.h"
#include "server/starrocks/diff/compare/properties.h"
#include "server/starrocks/diff/plan/table_work.h"

namespace stateserver::schema {
namespace {

// Those that SET takes: section 2.4 of the engine's ALTER TABLE analysis.
constexpr std::array kSettable = {"colocate_with",
                                  "replication_num",
                                  "default.replication_num",
                                  "default.storage_medium",
                                  "storage_cooldown_ttl",
                                  "partition_live_number",
                                  "partition_ttl",
                                  "partition_ttl_number",
                                  "partition_retention_condition",
                                  "bloom_filter_columns",
                                  "write_quorum",
                                  "replicated_storage",
                                  "labels.location",
                                  "enable_persistent_index",
                                  "persistent_index_type",
                                  "primary_index_cache_expire_sec",
                                  "bucket_size",
                                  "mutable_bucket_num",
                                  "enable_load_profile",
                                  "enable_statistic_collect_on_first_load",
                                  "base_compaction_forbidden_time_ranges",
                                  "unique_constraints",
                                  "foreign_key_constraints",
                                  "time_drift_constraint",
                                  "compaction_strategy",
                                  "lake_compaction_max_parallel",
                                  "file_bundling",
                                  "load_initial_open_partition_number",
                                  "cloud_native_fast_schema_evolution_v2"};
constexpr std::array kGroups = {"dynamic_partition.", "binlog.", "binlog_"};
constexpr std::array kFamilies = {"datacache.", "flat_json."};
// Rewriting jobs on tables whose data is in an object store.
constexpr std::array kSharedDataJobs = {"enable_persistent_index", "persistent_index_type",
                                        "file_bundling", "compaction_strategy"};

template <size_t kSize>
bool IsOne(const std::array<const char*, kSize>& list, std::string_view key) {
  for (std::string_view one : list) {
    if (one == key) return true;
  }
  return false;
}

template <size_t kSize>
bool HasPrefix(const std::array<const char*, kSize>& list, std::string_view key) {
  for (std::string_view one : list) {
    if (key.starts_with(one)) return true;
  }
  return false;
}

bool IsSettable(std::string_view key) {
  return IsOne(kSettable, key) || HasPrefix(kGroups, key) || HasPrefix(kFamilies, key);
}

bool IsJob(std::string_view key, const Engine& engine) {
  if (key == "bloom_filter_columns") return true;
  return engine.run_mode == RunMode::kSharedData && IsOne(kSharedDataJobs, key);
}

Table With(Table table, const std::string& key, const std::string& value, const Engine& engine) {
  if (DefaultProperty(key, table, engine) == value || value.empty()) {
    table.properties.erase(key);
  } else {
    table.properties[key] = value;
  }
  return table;
}

std::string SetClause(const Properties& properties) {
  return Cat("SET (", PrintPropertyList(properties, ", "), ")");
}

void Set(TableWork* work, const std::string& key, const std::string& value) {
  StepClass kind = IsJob(key, work->engine) ? StepClass::kColumn : StepClass::kMetadata;
  work->Add(kind, SetClause({{key, value}}), With(work->table, key, value, work->engine));
}

// What partitions have is set for the new ones, and for those that are there.
void SetOfPartitions(TableWork* work, const std::string& key, const std::string& value) {
  std::string spelled = "default." + key;
  Table after = With(work->table, key, value, work->engine);
  if (!work->table.partitioning) {
    work->Add(StepClass::kMetadata, SetClause({{spelled, value}}), after);
    return;
  }
  std::string before = DefaultProperty(key, work->table, work->engine).value_or("");
  if (auto at = work->table.properties.find(key); at != work->table.properties.end()) {
    before = at->second;
  }
  Undo undo{Reversibility::kLossless, {SetClause({{spelled, before}})}, ""};
  work->Add(StepClass::kMetadata, SetClause({{spelled, value}}), after).undo = undo;
  std::string all = "MODIFY PARTITION (*) ";
  undo.statements = {all + SetClause({{key, before}})};
  work->Add(StepClass::kMetadata, all + SetClause({{key, value}}), after).undo = undo;
}

void Change(TableWork* work, const std::string& key, const std::string& value) {
  if (key == "storage_medium" || (key == "replication_num" && work->table.partitioning)) {
    SetOfPartitions(work, key, value);
  } else {
    Set(work, key, value);
  }
}

void ChangeGroup(TableWork* work, const Properties& group) {
  Table after = work->table;
  for (const auto& [key, value] : group) after = With(after, key, value, work->engine);
  work->Add(StepClass::kMetadata, SetClause(group), after);
}

struct Wanted {
  std::string key, from, to;
};

std::vector<Wanted> Changes(TableWork* work) {
  Comparison comparison;
  CompareProperties(work->table, work->wanted, work->engine, &comparison);
  for (const UnmanagedAttribute& one : comparison.unmanaged) {
    work->plan.unmanaged.push_back({{}, ObjectKind::kTable, one.attribute, one.reason});
  }
  std::vector<Wanted> out;
  for (const Difference& one : comparison.differences) {
    std::string key = one.attribute.substr(std::string_view("property ").size());
    auto value = [&](const Table& table) {
      auto found = table.properties.find(key);
      if (found != table.properties.end()) return found->second;
      return DefaultProperty(key, work->wanted, work->engine).value_or("");
    };
    out.push_back({key, value(work->table), value(work->wanted)});
  }
  return out;
}

}  // namespace

void PlanProperties(TableWork* work) {
  std::map<std::string_view, Properties> groups;
  for (const Wanted& change : Changes(work)) {
    if (!work->MayContinue(work->size())) return;
    if (!IsSettable(change.key) && change.key != "storage_medium") {
      work->plan.Refuse({Cat("property ", change.key), change.from, change.to},
                        Cat("Unknown properties: {", change.key, "=", change.to, "}"),
                        Cat("It is set when the table is created: --rebuild ", work->name.name,
                            " builds it anew."),
                        true);
      continue;
    }
    bool grouped = false;
    for (std::string_view prefix : kGroups) {
      if (!change.key.starts_with(prefix)) continue;
      groups[prefix][change.key] = change.to;
      grouped = true;
    }
    if (!grouped) Change(work, change.key, change.to);
  }
  for (const auto& [prefix, group] : groups) ChangeGroup(work, group);
}

}  // namespace stateserver::schema
