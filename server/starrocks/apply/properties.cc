// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/properties.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "common/text.h"
#include "server/starrocks/apply/constraints.h"
#include "server/starrocks/apply/index_clauses.h"

namespace stateserver::apply {
namespace {

using schema::KeyModel;
using schema::Partitioning;

// Known to CREATE TABLE.
constexpr std::string_view kCreatable[] = {
    "bucket_size",
    "colocate_with",
    "bloom_filter_columns",
    "bloom_filter_fpp",
    "compression",
    "enable_persistent_index",
    "fast_schema_evolution",
    "replicated_storage",
    "replication_num",
    "unique_constraints",
    "foreign_key_constraints",
    "write_quorum",
    "storage_cooldown_ttl",
    "storage_cooldown_time",
    "partition_live_number",
    "partition_ttl",
    "partition_retention_condition",
    "enable_load_profile",
    "base_compaction_forbidden_time_ranges",
    "time_drift_constraint",
    "primary_index_cache_expire_sec",
    "storage_medium",
    "flat_json.enable",
    "flat_json.null.factor",
    "flat_json.sparsity.factor",
    "flat_json.column.max",
    "binlog_enable",
    "binlog_ttl_second",
    "binlog_max_size",
    "mutable_bucket_num",
    "labels.location",
    "enable_statistic_collect_on_first_load",
    "in_memory",
    "storage_format",
    "storage_type",
    "tablet_type",
    "datacache.enable",
    "default.storage_medium",
    "use_fast_schema_evolution",
    "light_schema_change",
    "use_light_schema_change",
};
// Known to ALTER TABLE … SET.
constexpr std::string_view kSettable[] = {
    "colocate_with",
    "replication_num",
    "default.replication_num",
    "default.storage_medium",
    "storage_cooldown_ttl",
    "partition_live_number",
    "partition_ttl",
    "partition_ttl_number",
    "partition_retention_condition",
    "bloom_filter_columns",
    "bloom_filter_fpp",
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
    "in_memory",
    "base_compaction_forbidden_time_ranges",
    "unique_constraints",
    "foreign_key_constraints",
    "time_drift_constraint",
    "datacache.partition_duration",
    "datacache.enable",
    "flat_json.enable",
    "flat_json.null.factor",
    "flat_json.sparsity.factor",
    "flat_json.column.max",
    "compaction_strategy",
    "lake_compaction_max_parallel",
    "file_bundling",
    "load_initial_open_partition_number",
    "tablet_type",
    "binlog_enable",
    "binlog_ttl_second",
    "binlog_max_size",
    "enable_dynamic_tablet",
};
// Refused by both although their names are known to other releases; recorded on 4.0.
constexpr std::string_view kRefusedBySet[] = {
    "compression",         "storage_format", "fast_schema_evolution",
    "storage_medium",      "storage_type",   "query_timeout",
    "table_query_timeout", "binlog_version", "partition_ttl_number",
};
constexpr std::string_view kDynamic[] = {
    "enable",
    "time_unit",
    "start",
    "end",
    "prefix",
    "buckets",
    "replication_num",
    "start_day_of_week",
    "start_day_of_month",
    "time_zone",
    "history_partition_num",
    "storage_medium",
};
constexpr std::string_view kBooleans[] = {"enable_load_profile", "replicated_storage",
                                          "enable_persistent_index",
                                          "enable_statistic_collect_on_first_load"};
constexpr std::string_view kDynamicPrefix = "dynamic_partition.";

template <typename List>
bool Contains(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool IsNumber(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool IsRange(const TableState& table) {
  if (!table.table.partitioning) return false;
  const Partitioning& partitioning = *table.table.partitioning;
  std::string first = partitioning.terms.empty() ? "" : Lower(partitioning.terms[0]);
  bool automatic = partitioning.kind == Partitioning::Kind::kExpression &&
                   partitioning.terms.size() == 1 &&
                   (first.starts_with("date_trunc(") || first.starts_with("time_slice("));
  return partitioning.kind == Partitioning::Kind::kRange || automatic;
}

std::string Braces(const std::vector<std::pair<std::string, std::string>>& properties) {
  std::string text;
  for (const auto& [key, value] : properties) {
    AppendTo(&text, text.empty() ? "" : ", ", key, "=", value);
  }
  return Cat("{", text, "}");
}

bool Has(const schema::Properties& properties, const std::string& key, std::string_view value) {
  auto found = properties.find(key);
  return found != properties.end() && EqualIgnoringCase(found->second, value);
}

// Checks dynamic_partition.*, with what is already set.
Verdict CheckDynamic(const TableState& table, const schema::Properties& all) {
  if (!IsRange(table)) {
    return Refused("Only support dynamic partition properties on range partition table");
  }
  for (std::string_view name : {"time_unit", "end", "prefix"}) {
    if (all.contains(Cat(kDynamicPrefix, name))) continue;
    return Refused(Cat("Must assign dynamic_partition.", name, " properties"));
  }
  std::string unit = Upper(all.at(Cat(kDynamicPrefix, "time_unit")));
  constexpr std::string_view kUnits[] = {"HOUR", "DAY", "WEEK", "MONTH", "YEAR"};
  if (Contains(kUnits, unit)) return Taken();
  return Refused(Cat("Unsupported time unit ", unit, ". Expect DAY/WEEK/MONTH/YEAR."));
}

Verdict CheckBucketSize(const std::string& value, const TableState& table) {
  if (!IsNumber(value) || value[0] == '-') {
    return RefusedByAnalysis(Cat("Illegal bucket size: ", value));
  }
  if (table.table.distribution->random) return Taken();
  return Refused(
      "Setting bucket size is not allowed: only supported for tables with RANDOM distribution and "
      "when 'enable_automatic_bucket' is enabled.");
}

Verdict CheckBoolean(const std::string& key, const std::string& value) {
  bool fine = EqualIgnoringCase(value, "true") || EqualIgnoringCase(value, "false") ||
              (value.empty() && key == "enable_statistic_collect_on_first_load");
  return fine ? Taken()
              : RefusedByAnalysis(Cat("Property ", key, " must be bool type(false/true)"));
}

Verdict CheckWriteQuorum(const std::string& value) {
  std::string upper = Upper(value);
  bool fine = upper == "MAJORITY" || upper == "ONE" || upper == "ALL";
  return fine ? Taken() : RefusedByAnalysis("Property write_quorum not valid");
}

// Checks one property of SET by itself.
Verdict CheckSetOne(const std::string& key, const std::string& value, const SetProperties& set,
                    const schema::Engine& engine) {
  if (key.starts_with(kDynamicPrefix)) {
    return Contains(kDynamic, key.substr(kDynamicPrefix.size()))
               ? Taken()
               : Unknown(Cat("the property ", key));
  }
  if (Contains(kRefusedBySet, key) || !Contains(kSettable, key)) {
    return UnknownProperties(RefusedByAnalysis(Cat("Unknown properties: ", Braces(set.properties))),
                             key, engine);
  }
  if (key == "replication_num" && !IsNumber(value)) {
    return Refused(Cat("For input string: \"", value, "\""));
  }
  if (key == "replication_num" || key == "default.replication_num") return CheckReplication(value);
  if (key == "default.storage_medium") {
    std::string upper = Upper(value);
    if (upper == "HDD") return Taken();
    if (upper == "SSD") return Unknown("whether the back ends have the medium SSD");
    return Refused(Cat("Invalid storage medium: ", upper));
  }
  if (key == "partition_live_number" && IsNumber(value) && std::atoi(value.c_str()) < -1) {
    return RefusedByAnalysis(Cat("Illegal Partition Live Number: ", value));
  }
  if (key == "bucket_size" && (!IsNumber(value) || value[0] == '-')) {
    return RefusedByAnalysis(Cat("Illegal bucket size: ", value));
  }
  if (Contains(kBooleans, key)) return CheckBoolean(key, value);
  if (key == "write_quorum") return CheckWriteQuorum(value);
  if (key == "bloom_filter_fpp") return CheckBloomRate(value);
  return Taken();
}

Verdict CheckSet(const SetProperties& set, const schema::Engine& engine) {
  auto all = [&](std::string_view prefix) {
    return std::all_of(set.properties.begin(), set.properties.end(),
                       [&](const auto& one) { return one.first.starts_with(prefix); });
  };
  if (set.properties.size() > 1 && !all(kDynamicPrefix) && !all("binlog_") && !all("flat_json.")) {
    return RefusedByAnalysis("Can only set one table property at a time");
  }
  for (const auto& [key, value] : set.properties) {
    RETURN_UNLESS_TAKEN(CheckSetOne(key, value, set, engine));
  }
  return Taken();
}

Verdict SetDynamic(const SetProperties& set, const PropertyContext& context, TableState* table) {
  RETURN_UNLESS_TAKEN(table->CheckKnown(kDynamicPrefix));
  schema::Properties all = table->table.properties;
  bool is_dynamic = all.contains("dynamic_partition.enable");
  if (!is_dynamic && set.properties.size() == 1 &&
      set.properties[0].first == "dynamic_partition.enable") {
    return Refused(Cat("Table ", context.catalog.database, ".", context.name,
                       " is not a dynamic partition table."));
  }
  for (const auto& [key, value] : set.properties) all[key] = value;
  RETURN_UNLESS_TAKEN(CheckDynamic(*table, all));
  all.emplace("dynamic_partition.enable", "true");
  table->table.properties = std::move(all);
  return Taken();
}

Verdict SetBloom(const SetProperties& set, TableState* table) {
  schema::Properties& properties = table->table.properties;
  const auto& [key, value] = set.properties[0];
  if (key == "bloom_filter_fpp") return Unknown("the present rate of the bloom filter");
  RETURN_UNLESS_TAKEN(table->CheckKnown(key));
  std::string wanted, present;
  RETURN_UNLESS_TAKEN(CheckBloomColumns(*table, value, &wanted));
  auto found = properties.find(key);
  if (found != properties.end()) {
    // Columns that were dropped since are gone from the filter.
    std::string kept;
    std::string_view rest = found->second;
    while (!rest.empty()) {
      size_t comma = rest.find(',');
      std::string name(Trim(rest.substr(0, comma)));
      rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
      if (table->Find(name) != nullptr) AppendTo(&kept, kept.empty() ? "" : ",", name);
    }
    RETURN_UNLESS_TAKEN(CheckBloomColumns(*table, kept, &present));
  }
  if (!wanted.empty() && EqualIgnoringCase(wanted, present)) {
    return Refused("Bloom filter index has no change", kMeasured402);
  }
  properties.erase(key);
  if (!wanted.empty()) properties[key] = wanted;
  return Taken();
}

Verdict SetFlatJson(const SetProperties& set, TableState* table) {
  RETURN_UNLESS_TAKEN(table->CheckKnown("flat_json."));
  schema::Properties all = table->table.properties;
  for (const auto& [key, value] : set.properties) all[key] = value;
  bool enabled = Has(all, "flat_json.enable", "true");
  for (const auto& [key, value] : set.properties) {
    if (key == "flat_json.enable" || enabled) continue;
    return RefusedByAnalysis("Property flat_json.enable haven't been enabled", kMeasured402);
  }
  if (!enabled) {
    std::erase_if(all, [](const auto& one) {
      return one.first.starts_with("flat_json.") && one.first != "flat_json.enable";
    });
  }
  table->table.properties = std::move(all);
  return Taken();
}

Verdict SetOne(const std::string& key, const std::string& value, const PropertyContext& context,
               TableState* table) {
  schema::Properties& properties = table->table.properties;
  if (key == "replication_num" && table->table.partitioning) {
    return Refused(
        Cat("This is a ", IsRange(*table) ? "range" : "list",
            " partitioned table, you should specify partitions with MODIFY PARTITION clause. If "
            "you want to set default replication number, please use 'default.replication_num' "
            "instead of 'replication_num' to escape misleading."));
  }
  if (key == "partition_live_number" && !IsRange(*table)) {
    return Refused(Cat("Table[", context.name,
                       "] is not range partitioned. no need to set partition live number."));
  }
  if (key == "bucket_size") RETURN_UNLESS_TAKEN(CheckBucketSize(value, *table));
  if (key == "storage_cooldown_ttl") return Unknown("whether the table has a storage medium");
  if (key == "colocate_with" && !value.empty()) {
    return Unknown(Cat("the tables of the colocation group ", value));
  }
  if (key == "labels.location") return Unknown("the locations of the back ends");
  if (key == "unique_constraints" || key == "foreign_key_constraints") {
    RETURN_UNLESS_TAKEN(
        CheckConstraint(key, value, {context.catalog, *table, context.name, /*alter=*/true}));
  }
  std::string stored = key == "default.replication_num"  ? "replication_num"
                       : key == "default.storage_medium" ? "storage_medium"
                                                         : key;
  if (value.empty() || (key == "bucket_size" && value == "0")) {
    properties.erase(stored);
  } else {
    properties[stored] = value;
  }
  return Taken();
}

}  // namespace

Verdict UnknownProperties(Verdict refusal, const std::string& names, const schema::Engine& engine) {
  bool recorded = engine.version.major == 4 && engine.version.minor == 0;
  return recorded ? refusal : Unknown(Cat("the property ", names));
}

Verdict CheckReplication(const std::string& value) {
  constexpr int kFew = 3;
  if (!IsNumber(value)) return RefusedByAnalysis("Replication num should be a number");
  int number = std::atoi(value.c_str());
  if (number <= 0) return RefusedByAnalysis("Replication num should larger than 0");
  if (number <= kFew) return Taken();
  return Unknown(Cat("whether there are ", value, " back ends"));
}

Verdict ApplySet(const SetProperties& set, const PropertyContext& context, TableState* table) {
  RETURN_UNLESS_TAKEN(CheckSet(set, context.engine));
  const std::string& first = set.properties[0].first;
  if (first.starts_with(kDynamicPrefix)) return SetDynamic(set, context, table);
  if (first.starts_with("bloom_filter_")) return SetBloom(set, table);
  if (first.starts_with("flat_json.")) return SetFlatJson(set, table);
  for (const auto& [key, value] : set.properties) {
    RETURN_UNLESS_TAKEN(SetOne(key, value, context, table));
    table->unknown_properties.erase(key);
  }
  return Taken();
}

Verdict ApplyCreateProperties(const PropertyContext& context, TableState* table) {
  schema::Properties& properties = table->table.properties;
  bool primary = table->Is(KeyModel::kPrimary);
  bool random = table->table.distribution->random;
  std::vector<std::pair<std::string, std::string>> unknown;
  bool dynamic = false;
  for (const auto& [key, value] : properties) {
    if (key.starts_with(kDynamicPrefix)) {
      dynamic = true;
      if (!Contains(kDynamic, key.substr(kDynamicPrefix.size()))) unknown.emplace_back(key, value);
    } else if (!Contains(kCreatable, key)) {
      unknown.emplace_back(key, value);
    }
  }
  auto has = [&](const std::string& key) { return properties.contains(key); };
  if (has("replication_num")) RETURN_UNLESS_TAKEN(CheckReplication(properties["replication_num"]));
  if (primary && Has(properties, "enable_persistent_index", "false")) {
    return Refused("In-Memory index is not supported, please create table with persistent index");
  }
  if (dynamic) RETURN_UNLESS_TAKEN(CheckDynamic(*table, properties));
  if (has("bucket_size")) {
    RETURN_UNLESS_TAKEN(CheckBucketSize(properties["bucket_size"], *table));
  }
  if (has("storage_cooldown_ttl") && !has("storage_medium")) {
    return Refused("Invalid data property. storage medium property is not found", kMeasured402);
  }
  if (has("write_quorum")) RETURN_UNLESS_TAKEN(CheckWriteQuorum(properties["write_quorum"]));
  if (!unknown.empty()) {
    return UnknownProperties(Refused(Cat("Unknown properties: ", Braces(unknown)), kMeasured402),
                             unknown[0].first, context.engine);
  }
  if (has("labels.location")) return Unknown("the locations of the back ends");
  if (Has(properties, "storage_medium", "SSD")) {
    return Unknown("whether the back ends have the medium SSD");
  }
  if (random) properties.emplace("bucket_size", "1073741824");
  if (primary) properties.emplace("enable_persistent_index", "true");
  properties.emplace("fast_schema_evolution", "true");
  return Taken();
}

}  // namespace stateserver::apply
