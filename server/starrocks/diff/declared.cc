// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/declared.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "common/error.h"
#include "common/nearest_word.h"
#include "common/text.h"
#include "common/utf8.h"
#include "server/starrocks/ddl/script.h"

namespace stateserver::schema {

namespace {

constexpr std::array<std::string_view, 5> kFamilies = {"dynamic_partition.", "binlog.",
                                                       "datacache.", "flat_json.", "session."};

// Taken from the analysis of CREATE TABLE and CREATE MATERIALIZED VIEW and the documentation of 2.5
// to 4.x.
constexpr auto kKeys = std::to_array<std::string_view>({
    "auto_refresh_partitions_limit",
    "base_compaction_forbidden_time_ranges",
    "binlog_enable",
    "binlog_max_size",
    "binlog_ttl_second",
    "binlog_version",
    "bloom_filter_columns",
    "bloom_filter_fpp",
    "bucket_size",
    "cloud_native_fast_schema_evolution_v2",
    "colocate_with",
    "compaction_strategy",
    "compression",
    "default.replication_num",
    "default.storage_medium",
    "enable_async_write_back",
    "enable_datacache",
    "enable_dynamic_tablet",
    "enable_load_profile",
    "enable_persistent_index",
    "enable_query_rewrite",
    "enable_statistic_collect_on_first_load",
    "enable_storage_cache",
    "excluded_refresh_tables",
    "excluded_trigger_tables",
    "fast_schema_evolution",
    "file_bundling",
    "force_external_table_query_rewrite",
    "foreign_key_constraints",
    "in_memory",
    "labels.location",
    "lake_compaction_max_parallel",
    "light_schema_change",
    "load_initial_open_partition_number",
    "mutable_bucket_num",
    "mv_partition_compensate_mode",
    "mv_rewrite_staleness_second",
    "mv_sort_keys",
    "partition_live_number",
    "partition_refresh_number",
    "partition_refresh_strategy",
    "partition_retention_condition",
    "partition_ttl",
    "partition_ttl_number",
    "persistent_index_type",
    "primary_index_cache_expire_sec",
    "query_rewrite_consistency",
    "refresh_mode",
    "replicated_storage",
    "replication_num",
    "resource_group",
    "schema_version",
    "short_key",
    "storage_cache_ttl",
    "storage_cooldown_time",
    "storage_cooldown_ttl",
    "storage_format",
    "storage_medium",
    "storage_type",
    "storage_volume",
    "table_query_timeout",
    "tablet_type",
    "time_drift_constraint",
    "timeout",
    "transparent_mv_rewrite_mode",
    "unique_constraints",
    "use_fast_schema_evolution",
    "use_light_schema_change",
    "version_info",
    "warehouse",
    "write_quorum",
});

constexpr std::array<std::string_view, 4> kIndexTypes = {"BITMAP", "NGRAMBF", "GIN", "VECTOR"};
constexpr std::array<std::string_view, 3> kRefreshModes = {"ASYNC", "MANUAL", "INCREMENTAL"};

constexpr size_t kMostLines = 20;

std::string Where(const SourcePlace& place) {
  return Cat(place.source, ":", place.line, ":", place.column);
}

// Returns true if some StarRocks release accepts the property. Names are case-sensitive. Families
// ("dynamic_partition.…", "session.…") are recognized by their prefix.
bool IsKnownProperty(std::string_view key) {
  bool family = std::any_of(kFamilies.begin(), kFamilies.end(),
                            [&](std::string_view prefix) { return key.starts_with(prefix); });
  return family || std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

class DeclaredReader {
 public:
  DeclaredReader(const std::string& database, WorkMeter* meter) : database_(database) {
    budget_.meter = meter;
  }

  void Read(const SourceFile& file) {
    if (ToValidUtf8(file.text) != file.text) {
      return Note({{file.name, 1, 1}, "the file is not UTF-8", "Save it as UTF-8."});
    }
    ParsedScript script = ParseScript(file.text, file.name, database_, &budget_);
    for (const ParseError& error : script.errors) {
      out_.problems.push_back({error.place, error.Message(), ""});
    }
    for (Object& object : script.objects) Take(std::move(object));
  }

  Declared Finish() { return std::move(out_); }

 private:
  // The script has already deducted parse errors from the budget.
  void Note(Problem problem) {
    if (budget_.problems == 0) return;
    --budget_.problems;
    out_.problems.push_back(std::move(problem));
  }

  void Take(Object object) {
    if (!database_.empty() && object.name.database != database_) {
      Note({object.place, Cat(object.name.Text(), " belongs to another database than ", database_),
            "Compare one database at a time: name the other one, or leave it out."});
      return;
    }
    auto [first, is_new] = places_.try_emplace(object.name, object.place);
    if (!is_new) {
      Note({object.place,
            Cat(object.name.Text(), " is declared twice; first at ", Where(first->second)),
            "Remove one of them."});
      return;
    }
    CheckNames(object);
    out_.objects.push_back(std::move(object));
  }

  // A newer release may know names that this server does not.
  void CheckNames(const Object& object) {
    if (const auto* table = std::get_if<Table>(&object.definition)) {
      if (table->engine == "OLAP") CheckProperties(object, table->properties);
      CheckIndexes(object, table->indexes);
    } else if (const auto* view = std::get_if<MaterializedView>(&object.definition)) {
      CheckProperties(object, view->properties);
      CheckIndexes(object, view->indexes);
      if (view->refresh && view->refresh->mode == Refresh::Mode::kUnknown) {
        Warn(object, "refresh", "mode", view->refresh->word,
             NearestWord(view->refresh->word, kRefreshModes));
      }
    }
  }

  void CheckProperties(const Object& object, const Properties& properties) {
    for (const auto& [key, value] : properties) {
      if (IsKnownProperty(key)) continue;
      Warn(object, Cat("property ", Shown(key)), "property", key, NearestWord(key, kKeys));
    }
  }

  void CheckIndexes(const Object& object, const std::vector<Index>& indexes) {
    for (const Index& index : indexes) {
      if (std::find(kIndexTypes.begin(), kIndexTypes.end(), index.type) != kIndexTypes.end()) {
        continue;
      }
      Warn(object, Cat("index ", Shown(index.name)), "type", index.type,
           NearestWord(index.type, kIndexTypes));
    }
  }

  void Warn(const Object& object, std::string attribute, std::string_view kind,
            std::string_view name, const std::string& meant) {
    if (out_.warnings.size() >= kMostProblems) return;
    out_.warnings.push_back({object.name, std::move(attribute),
                             Cat("no known release of StarRocks has the ", kind, " '", Shown(name),
                                 "'", meant.empty() ? "" : Cat("; the nearest is '", meant, "'"))});
  }

  const std::string& database_;
  ReadingBudget budget_;
  std::map<ObjectName, SourcePlace> places_;
  Declared out_;
};

}  // namespace

absl::StatusOr<Declared> ReadDeclared(const std::vector<SourceFile>& files,
                                      const std::string& database, WorkMeter* meter) {
  DeclaredReader reader(database, meter);
  for (const SourceFile& file : files) {
    reader.Read(file);
    if (meter != nullptr && !meter->MayContinue()) return meter->status();
  }
  return reader.Finish();
}

absl::Status ToStatus(const std::vector<Problem>& problems) {
  if (problems.empty()) return absl::OkStatus();
  std::string text;
  for (size_t i = 0; i < problems.size() && i < kMostLines; ++i) {
    AppendTo(&text, i == 0 ? "" : "\n", Where(problems[i].place), ": ", problems[i].message);
  }
  if (problems.size() > kMostLines) {
    AppendTo(&text, "\nand ", problems.size() - kMostLines, " more");
  }
  const Problem& first = problems.front();
  return Error(Reason::SCHEMA_INVALID, text, first.hint,
               {{"file", first.place.source},
                {"line", Cat(first.place.line)},
                {"column", Cat(first.place.column)},
                {"problems", Cat(problems.size())}});
}

}  // namespace stateserver::schema
