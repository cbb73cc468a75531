// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/table_options.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/compare_tables.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/capabilities.h"
#include "server/starrocks/diff/plan/column_clauses.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

TableReaders::TableReaders(const Pairing& pairing, const std::vector<const Object*>& there,
                           ReferenceCache* references)
    : pairing_(pairing), references_(*references) {
  for (const Object* object : there) {
    for (const ObjectName& name : references_.Of(*object).relations) {
      readers_[name].push_back(object);
    }
  }
}

const std::set<std::string>& TableReaders::ColumnsOf(const ObjectName& name, const Table& table) {
  auto [found, is_new] = columns_.try_emplace(name);
  if (is_new) {
    for (const Column& column : table.columns) found->second.insert(Folded(column.name));
  }
  return found->second;
}

// Returns true if the name may refer to a relation that is not a declared table, or that has the
// column.
bool TableReaders::MayHave(const ObjectName& name, const std::string& folded_column) {
  auto found = pairing_.declared().find(name);
  const auto* table =
      found == pairing_.declared().end() ? nullptr : std::get_if<Table>(&found->second->definition);
  return table == nullptr || ColumnsOf(name, *table).contains(folded_column);
}

// Returns true if a declared view reads the column of this table and no other table's column of
// that name.
bool TableReaders::NeedsColumn(const Object& view, const ObjectName& table,
                               const std::string& folded_column) {
  const References& reads = references_.Of(view);
  if (!pairing_.declared().contains(view.name) || !reads.columns.contains(folded_column)) {
    return false;
  }
  return std::none_of(reads.relations.begin(), reads.relations.end(), [&](const ObjectName& name) {
    return name != table && MayHave(name, folded_column);
  });
}

TablePlanOptions TableReaders::OptionsFor(const Object& live, const Object& declared,
                                          const PlanOptions& asked) {
  TablePlanOptions options;
  options.partitions = asked.partitions;
  options.meter = asked.meter;
  options.renames = pairing_.RenamesOf(declared.name);
  for (const Object* object : readers_[live.name]) {
    if (!IsRollup(*object) || !pairing_.live().contains(object->name)) continue;
    const References& reads = references_.Of(*object);
    options.protected_columns.insert(reads.columns.begin(), reads.columns.end());
  }
  const std::set<std::string>& wanted =
      ColumnsOf(declared.name, std::get<Table>(declared.definition));
  for (const Column& column : std::get<Table>(live.definition).columns) {
    std::string name = Folded(column.name);
    if (wanted.contains(name)) continue;
    for (const Object* view : readers_[declared.name]) {
      int64_t relations = static_cast<int64_t>(references_.Of(*view).relations.size());
      if (asked.meter != nullptr && !asked.meter->MayContinue(relations)) return options;
      if (!NeedsColumn(*view, declared.name, name)) continue;
      options.needed_columns.emplace(name, view->name.name);
      break;
    }
  }
  return options;
}

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

// Sets a property of partitions, both for new and for existing ones.
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

constexpr char kBucketSize[] = "bucket_size";

Distribution FoldedColumns(Distribution distribution) {
  for (std::string& column : distribution.columns) column = Folded(column);
  return distribution;
}

std::string WhyNot(const TableWork& work, const Distribution& wanted, std::string* hint) {
  if (work.table.properties.contains("colocate_with")) {
    *hint = "Remove the table from its group first: SET (\"colocate_with\" = \"\").";
    return "Optimize table in colocate group is not supported";
  }
  bool duplicate = !work.table.key || work.Is(KeyModel::kDuplicate);
  if (wanted.random && !duplicate) {
    *hint = "Declare DISTRIBUTED BY HASH.";
    return "A table of this key model must use hash distribution";
  }
  for (const std::string& column : wanted.columns) {
    if (work.primary() && !IsKeyColumn(work.table, column)) {
      *hint = "Distribute a primary key table by columns of its key.";
      return Cat("The distribution column ", column,
                 " of a primary key table must be a key column");
    }
  }
  return "";
}

void SetBucketSize(TableWork* work, const std::string& value) {
  Table after = work->table;
  after.properties[kBucketSize] = value;
  if (DefaultProperty(kBucketSize, after, work->engine) == value) {
    after.properties.erase(kBucketSize);
  }
  work->Add(StepClass::kMetadata, Cat("SET (\"bucket_size\" = ", QuoteText(value), ")"), after);
}

void Redistribute(TableWork* work, const Distribution& wanted) {
  bool was_random = work->table.distribution->random;
  auto size = work->table.properties.find(kBucketSize);
  // The engine grows a RANDOM table itself, and then rejects every other change.
  if (was_random && (size == work->table.properties.end() || size->second != "0")) {
    SetBucketSize(work, "0");
  }
  Table after = work->table;
  after.distribution = wanted;
  // SHOW CREATE omits this after the change from HASH.
  if (wanted.random) after.properties[kBucketSize] = "0";
  if (!wanted.random) after.properties.erase(kBucketSize);
  TableStep& step =
      work->Add(StepClass::kOptimize, Cat("DISTRIBUTED BY ", PrintDistribution(wanted)), after);
  step.inactivates = {"*"};
  work->plan.Warn("distribution", "rewrites all data");
}

void DefaultBuckets(TableWork* work, const Distribution& wanted) {
  Table after = work->table;
  after.distribution = wanted;
  Distribution columns = wanted;
  columns.buckets.reset();
  work->Add(
      StepClass::kMetadata,
      Cat("DISTRIBUTED BY ", PrintDistribution(columns), " DEFAULT BUCKETS ", *wanted.buckets),
      after);
  work->plan.Warn("distribution", "new partitions get the buckets, existing ones keep theirs");
}

// New partitions will be added, so setting the default is sufficient.
bool DefaultIsEnough(const TableWork& work, const Distribution& there, const Distribution& wanted) {
  return work.table.partitioning.has_value() && !there.random && !wanted.random &&
         there.columns == wanted.columns && wanted.buckets && *wanted.buckets > 0 &&
         Has(Feature::kDefaultBuckets, work.engine.version);
}

using Found = std::map<std::string, const Partition*>;

void AddPartition(TableWork* work, const Partition& partition) {
  Table after = work->table;
  if (!after.partitioning->partitions.empty() &&
      after.partitioning->partitions[0].kind == Partition::Kind::kLessThan) {
    std::vector<Partition> normal;
    if (NormalPartitions(*after.partitioning, &normal)) after.partitioning->partitions = normal;
  }
  after.partitioning->partitions.push_back(partition);
  work->Add(StepClass::kMetadata, Cat("ADD ", PrintPartition(partition)), after);
}

void DropPartition(TableWork* work, const Partition& partition) {
  Table after = work->table;
  std::vector<Partition> normal;
  if (NormalPartitions(*after.partitioning, &normal)) after.partitioning->partitions = normal;
  std::erase_if(after.partitioning->partitions,
                [&](const Partition& one) { return one.name == partition.name; });
  TableStep& step =
      work->Add(StepClass::kMetadata, Cat("DROP PARTITION ", QuoteName(partition.name)), after);
  step.destructive = true;
  work->plan.Warn(Cat("partition ", partition.name),
                  Cat("drops partition ", partition.name, " with its data"));
}

void PlanListed(TableWork* work, const Comparison& comparison) {
  std::vector<Partition> there, wanted;
  NormalPartitions(*work->table.partitioning, &there);
  NormalPartitions(*work->wanted.partitioning, &wanted);
  std::set<std::string> attributes;
  for (const Difference& one : comparison.differences) attributes.insert(one.attribute);
  auto changed = [&](const Partition& partition) {
    return attributes.contains(Cat("partition ", partition.name)) &&
           work->MayContinue(work->size());
  };
  ForEachPair(there, wanted, [&](const Partition* live, const Partition*) {
    if (live != nullptr && changed(*live)) DropPartition(work, *live);
  });
  for (const Partition& partition : wanted) {
    if (changed(partition)) AddPartition(work, partition);
  }
}

bool SameColumns(const Rollup& a, const Rollup& b) {
  if (a.columns.size() != b.columns.size()) return false;
  for (size_t i = 0; i < a.columns.size(); ++i) {
    if (Folded(a.columns[i]) != Folded(b.columns[i])) return false;
  }
  return true;
}

std::string Print(const std::vector<const Rollup*>& rollups) {
  std::string text;
  for (const Rollup* rollup : rollups) {
    AppendTo(&text, text.empty() ? "ADD ROLLUP " : ", ", PrintRollup(*rollup));
  }
  return text;
}

}  // namespace

void PlanProperties(TableWork* work) {
  std::map<std::string_view, Properties> groups;
  for (const Wanted& change : Changes(work)) {
    if (!work->MayContinue(work->size())) return;
    if (!IsSettable(change.key) && change.key != "storage_medium") {
      work->plan.Refuse({Cat("property ", change.key), change.from, change.to},
                        Cat("Unknown properties: {", change.key, "=", change.to, "}"),
                        "It is set when the table is created: rebuild the table.", true);
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

void PlanDistribution(TableWork* work) {
  Distribution there = FoldedColumns(*work->table.distribution);
  Distribution wanted = FoldedColumns(*work->wanted.distribution);
  if (!wanted.buckets && there.buckets) {
    if (wanted.random == there.random && wanted.columns == there.columns) {
      work->plan.unmanaged.push_back(
          {{},
           ObjectKind::kTable,
           "buckets",
           Cat("there are ", *there.buckets, ", and the declaration leaves them to the engine")});
    }
    there.buckets.reset();
  }
  if (there == wanted) return;
  TableChange change{"distribution", PrintDistribution(*work->table.distribution),
                     PrintDistribution(*work->wanted.distribution)};
  std::string hint, reason = WhyNot(*work, wanted, &hint);
  if (!reason.empty()) return work->plan.Refuse(change, reason, hint);
  if (DefaultIsEnough(*work, there, wanted)) {
    return DefaultBuckets(work, *work->wanted.distribution);
  }
  if (auto missing = Missing(Feature::kRedistribute, work->engine.version)) {
    return work->plan.Refuse(change, *missing, "Rebuild the table.", true);
  }
  Redistribute(work, *work->wanted.distribution);
}

void PlanPartitions(TableWork* work) {
  Comparison comparison;
  ComparePartitioning(work->table, work->wanted, &comparison);
  for (const UnmanagedAttribute& one : comparison.unmanaged) {
    work->plan.unmanaged.push_back({{}, ObjectKind::kTable, one.attribute, one.reason});
  }
  if (comparison.differences.empty()) return;
  const Difference& first = comparison.differences.front();
  if (first.attribute == "partition scheme") {
    work->plan.Refuse({first.attribute, first.live, first.declared},
                      "The partition scheme of a table cannot be changed", "Rebuild the table.",
                      true);
    work->wanted.partitioning = work->table.partitioning;
  } else if (work->options.partitions) {
    PlanListed(work, comparison);
  } else {
    for (const Difference& one : comparison.differences) {
      work->plan.unmanaged.push_back(
          {{},
           ObjectKind::kTable,
           one.attribute,
           Cat(one.live.empty()       ? "it is declared and does not exist"
               : one.declared.empty() ? "it exists and is not declared"
                                      : "its bounds differ",
               "; partitions are left alone unless `partitions` is set")});
    }
  }
}

void PlanDroppedRollups(TableWork* work) {
  const std::vector<Rollup> there = work->table.rollups;
  ForEachPair(there, work->wanted.rollups, [&](const Rollup* live, const Rollup* wanted) {
    if (live == nullptr || (wanted != nullptr && SameColumns(*live, *wanted))) return;
    if (!work->MayContinue(work->size())) return;
    Table after = work->table;
    std::erase_if(after.rollups, [&](const Rollup& one) { return one.name == live->name; });
    work->Add(StepClass::kMetadata, Cat("DROP ROLLUP ", QuoteName(live->name)), after);
  });
}

void PlanAddedRollups(TableWork* work) {
  std::vector<const Rollup*> added;
  const std::vector<Rollup> there = work->table.rollups;
  ForEachPair(there, work->wanted.rollups, [&](const Rollup* live, const Rollup* wanted) {
    if (live == nullptr) added.push_back(wanted);
  });
  if (added.empty()) return;
  if (work->primary()) {
    work->plan.Refuse({Cat("rollup ", added[0]->name), "", PrintRollup(*added[0])},
                      "Do not support add rollup on primary key table",
                      "Declare a materialized view instead.");
    return;
  }
  const ColumnLookup table(work->table);
  for (const Rollup* rollup : added) {
    for (const std::string& name : rollup->columns) {
      if (table.Has(name)) continue;
      work->plan.Refuse({Cat("rollup ", rollup->name), "", PrintRollup(*rollup)},
                        Cat("Column[", name, "] does not exist in base index"),
                        "Declare the column, or remove it from the rollup.");
      return;
    }
  }
  for (const Rollup* rollup : added) {
    if (!work->Is(KeyModel::kUnique)) break;
    std::set<std::string> names;
    for (const std::string& name : rollup->columns) names.insert(Folded(name));
    for (const std::string& key : work->table.key->columns) {
      if (names.contains(Folded(key))) continue;
      work->plan.Refuse({Cat("rollup ", rollup->name), "", PrintRollup(*rollup)},
                        "Rollup should contains all unique keys in basetable",
                        Cat("Put ", key, " into it."));
      return;
    }
  }
  Table after = work->table;
  for (const Rollup* rollup : added) after.rollups.push_back(*rollup);
  work->Add(StepClass::kRollup, Print(added), after);
}

}  // namespace stateserver::schema
