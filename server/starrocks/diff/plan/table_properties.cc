// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/table_properties.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/compare_tables.h"
#include "server/starrocks/diff/compare/properties.h"

namespace stateserver::schema {
namespace {

// Properties that SET accepts: section 2.4 of the engine's ALTER TABLE analysis.
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
// Properties whose change starts a rewriting job on tables stored in an object store.
constexpr std::array kSharedDataJobs = {"enable_persistent_index", "persistent_index_type",
                                        "file_bundling", "compaction_strategy"};
constexpr std::string_view kFlatJson = "flat_json.", kFlatJsonSwitch = "flat_json.enable";

template <size_t kSize>
bool IsListed(const std::array<const char*, kSize>& list, std::string_view key) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

template <size_t kSize>
bool HasPrefix(const std::array<const char*, kSize>& list, std::string_view key) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view one) { return key.starts_with(one); });
}

bool IsSettable(std::string_view key) {
  return IsListed(kSettable, key) || HasPrefix(kGroups, key) || HasPrefix(kFamilies, key);
}

bool IsJob(std::string_view key, const Engine& engine) {
  if (key == "bloom_filter_columns") return true;
  return engine.run_mode == RunMode::kSharedData && IsListed(kSharedDataJobs, key);
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

std::string ValueOf(const Table& table, const std::string& key, const Engine& engine) {
  auto found = table.properties.find(key);
  if (found != table.properties.end()) return found->second;
  return DefaultProperty(key, table, engine).value_or("");
}

void Set(TableWork* work, const std::string& key, const std::string& value) {
  StepClass kind = IsJob(key, work->engine) ? StepClass::kColumn : StepClass::kMetadata;
  work->Add(kind, SetClause({{key, value}}), With(work->table, key, value, work->engine));
}

// Sets a property of partitions, both for new and for existing ones.
void SetOfPartitions(TableWork* work, const std::string& key, const std::string& value) {
  std::string spelled = "default." + key;
  Table after = With(work->table, key, value, work->engine);
  if (!work->table.partitioning) {
    work->Add(StepClass::kMetadata, SetClause({{spelled, value}}), after);
    return;
  }
  std::string before = ValueOf(work->table, key, work->engine);
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

struct PropertyChange {
  std::string key, from, to;
  bool reset = false;    // the declaration does not name it
  bool unknown = false;  // its default is not known
};

// Returns the position of a change: while flat_json.enable is off, the engine accepts no other
// property of the family.
int Position(const PropertyChange& change) {
  if (change.key != kFlatJsonSwitch) return 1;
  return change.to == "true" ? 0 : 2;
}

std::vector<PropertyChange> Changes(TableWork* work) {
  Comparison comparison;
  const PropertyScope& scope = work->options.properties;
  CompareProperties(work->table, work->wanted, work->engine, scope, &comparison);
  for (const UnmanagedAttribute& one : comparison.unmanaged) {
    work->plan.unmanaged.push_back({{}, ObjectKind::kTable, one.attribute, one.reason});
  }
  std::vector<PropertyChange> out;
  for (const Difference& one : comparison.differences) {
    PropertyChange change{one.attribute.substr(std::string_view("property ").size()), "", ""};
    change.from = ValueOf(work->table, change.key, work->engine);
    change.to = ValueOf(work->wanted, change.key, work->engine);
    change.reset = !scope.complete && !scope.named.contains(change.key);
    change.unknown = one.declared.empty();
    out.push_back(std::move(change));
  }
  std::stable_sort(out.begin(), out.end(), [](const PropertyChange& a, const PropertyChange& b) {
    return Position(a) < Position(b);
  });
  return out;
}

// RANGE, or one call of date_trunc or time_slice.
bool IsRangePartitioned(const Table& table) {
  if (!table.partitioning) return false;
  const Partitioning& partitioning = *table.partitioning;
  if (partitioning.kind != Partitioning::Kind::kExpression) {
    return partitioning.kind == Partitioning::Kind::kRange;
  }
  if (partitioning.terms.size() != 1) return false;
  std::string term = Folded(partitioning.terms[0]);
  return term.starts_with("date_trunc(") || term.starts_with("time_slice(");
}

// Refuses the change if the engine would. Returns true if it did.
bool Refused(TableWork* work, const PropertyChange& change) {
  TableChange difference{Cat("property ", change.key), change.from, change.to};
  if (change.unknown) {
    work->plan.Refuse({difference.attribute, change.from, ""},
                      Cat("An earlier revision set ", change.key,
                          ", the declaration does not name it, and its default is not known"),
                      Cat("Write \"", change.key, "\" = ", QuoteText(change.from),
                          " into the declaration to keep it, or the value that it should get."));
    return true;
  }
  if (!IsSettable(change.key) && change.key != "storage_medium") {
    work->plan.Refuse(difference, Cat("Unknown properties: {", change.key, "=", change.to, "}"),
                      "It is set when the table is created: rebuild the table.", true);
    return true;
  }
  if (change.key == "bucket_size" && !work->wanted.distribution->random) {
    work->plan.Refuse(difference,
                      "Setting bucket size is not allowed: only supported for tables with RANDOM "
                      "distribution",
                      "Remove it from the declaration, or distribute the table by RANDOM.");
    return true;
  }
  if (change.key == "partition_live_number" && !IsRangePartitioned(work->table)) {
    work->plan.Refuse(difference, "The table is not range partitioned",
                      "Remove it from the declaration, or rebuild the table.", true);
    return true;
  }
  bool flat = change.key.starts_with(kFlatJson) && change.key != kFlatJsonSwitch;
  if (flat && ValueOf(work->table, std::string(kFlatJsonSwitch), work->engine) != "true") {
    work->plan.Refuse(difference, "Property flat_json.enable haven't been enabled",
                      "Declare \"flat_json.enable\" = \"true\", or remove the property.");
    return true;
  }
  return false;
}

}  // namespace

void PlanProperties(TableWork* work) {
  std::map<std::string_view, Properties> groups;
  for (const PropertyChange& change : Changes(work)) {
    if (!work->MayContinue(work->size())) return;
    if (Refused(work, change)) continue;
    if (change.reset) {
      work->plan.Warn(Cat("property ", change.key),
                      Cat("goes back to the engine's default, ", QuoteText(change.to),
                          ": an earlier revision set it, and the declaration does not name it"));
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
