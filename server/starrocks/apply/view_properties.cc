// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <string_view>

#include "common/text.h"
#include "server/starrocks/apply/properties.h"

namespace stateserver::apply {
namespace {

// Known to CREATE and to ALTER MATERIALIZED VIEW … SET.
constexpr std::string_view kSettableOfViews[] = {
    "partition_ttl",
    "partition_ttl_number",
    "partition_refresh_number",
    "partition_refresh_strategy",
    "auto_refresh_partitions_limit",
    "excluded_trigger_tables",
    "excluded_refresh_tables",
    "resource_group",
    "mv_rewrite_staleness_second",
    "unique_constraints",
    "foreign_key_constraints",
    "bloom_filter_columns",
    "storage_cooldown_time",
    "query_rewrite_consistency",
    "enable_query_rewrite",
    "force_external_table_query_rewrite",
    "transparent_mv_rewrite_mode",
    "labels.location",
    "warehouse",
    "persistent_index_type",
    "bloom_filter_fpp",
    "bucket_size",
    "storage_cooldown_ttl",
    "partition_retention_condition",
};
// Known to CREATE only.
constexpr std::string_view kFixed[] = {"replication_num", "replicated_storage", "storage_medium",
                                       "compression",     "storage_volume",     "colocate_with",
                                       "mv_sort_keys"};
// They depend on what the cluster has, or on rules that were not recorded.
constexpr std::string_view kUnjudged[] = {"resource_group",
                                          "warehouse",
                                          "labels.location",
                                          "storage_volume",
                                          "colocate_with",
                                          "bloom_filter_columns",
                                          "bloom_filter_fpp",
                                          "storage_cooldown_time",
                                          "storage_cooldown_ttl",
                                          "persistent_index_type",
                                          "bucket_size",
                                          "unique_constraints",
                                          "foreign_key_constraints",
                                          "mv_sort_keys",
                                          "partition_retention_condition"};

template <typename List>
bool IsAmong(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

Verdict UnknownViewProperties(std::string_view verb, const std::string& names) {
  return RefusedByAnalysis(
      Cat(verb, " failed because unknown properties: {", names,
          "}, please add `session.` prefix if you want add session variables for mv(eg, "
          "\"session.insert_timeout\"=\"30000000\")."));
}

bool IsManual(const schema::MaterializedView& view) {
  return !view.refresh || view.refresh->mode == schema::Refresh::Mode::kManual;
}

// Rules of single properties that hold for both statements.
Verdict CheckViewProperty(std::string_view key, const schema::MaterializedView& view) {
  bool triggers = key == "excluded_trigger_tables" || key == "excluded_refresh_tables";
  if (triggers && IsManual(view)) {
    return RefusedByAnalysis(Cat("The ", key, " property only applies to asynchronous refreshes."),
                             kMeasured402);
  }
  if (key == "auto_refresh_partitions_limit" && IsManual(view)) {
    return RefusedByAnalysis(
        "The auto_refresh_partitions_limit property does not support manual refresh mode.",
        kMeasured402);
  }
  if (IsAmong(kUnjudged, key)) return Unknown(Cat("the property ", key));
  return Taken();
}

}  // namespace

Verdict CheckViewProperties(const schema::MaterializedView& view, const schema::Engine& engine) {
  std::string unknown;
  for (const auto& [key, value] : view.properties) {
    bool known =
        key.starts_with("session.") || IsAmong(kSettableOfViews, key) || IsAmong(kFixed, key);
    if (!known) AppendTo(&unknown, unknown.empty() ? "" : ", ", key, "=", value);
  }
  for (const auto& [key, value] : view.properties) {
    if (key == "replication_num") RETURN_UNLESS_TAKEN(CheckReplication(value));
    if (key == "storage_medium" && !EqualIgnoringCase(value, "HDD")) {
      return Unknown("whether the back ends have another medium than HDD");
    }
    if (key == "partition_refresh_number" && !view.partitioning) {
      return RefusedByAnalysis(
          "partition_refresh_number does not support non-partitioned materialized view");
    }
    RETURN_UNLESS_TAKEN(CheckViewProperty(key, view));
  }
  if (unknown.empty()) return Taken();
  // The beginning of the message depends on the property.
  std::string_view verb = unknown.starts_with("mv_partition_compensate_mode")
                              ? "Invalid parameter Analyze materialized properties"
                              : "Create materialized view";
  return UnknownProperties(UnknownViewProperties(verb, unknown), unknown, engine);
}

Verdict CheckSetOfView(const SetProperties& set, const schema::MaterializedView& view,
                       const schema::Engine& engine) {
  std::string unknown;
  for (const auto& [key, value] : set.properties) {
    bool known = key.starts_with("session.") || IsAmong(kSettableOfViews, key);
    if (!known) AppendTo(&unknown, unknown.empty() ? "" : ", ", key, "=", value);
  }
  if (!unknown.empty()) {
    return UnknownProperties(UnknownViewProperties("Modify", unknown), unknown, engine);
  }
  for (const auto& [key, value] : set.properties) {
    if (key.starts_with("session.") && value.empty()) {
      return Unknown(Cat("whether ", key, " may be empty"));
    }
    RETURN_UNLESS_TAKEN(CheckViewProperty(key, view));
  }
  return Taken();
}

}  // namespace stateserver::apply
