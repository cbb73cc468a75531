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
                                          const std::set<ObjectName>& replaced,
                                          const PlanOptions& asked) {
  TablePlanOptions options;
  options.partitions = asked.partitions;
  options.meter = asked.meter;
  options.renames = pairing_.RenamesOf(declared.name);
  for (const Object* object : readers_[live.name]) {
    if (!IsRollup(*object) || !pairing_.live().contains(object->name)) continue;
    if (replaced.contains(object->name)) continue;
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

std::set<std::string> TableReaders::ReleasedColumns(const ObjectName& name, const Table& there,
                                                    const Table& wanted,
                                                    const std::set<ObjectName>& replaced) {
  const ColumnLookup declared(wanted), live(there);
  std::set<std::string> out;
  for (const auto& [view, object] : pairing_.declared()) {
    const LiveObject* counterpart = pairing_.Counterpart(view);
    if (counterpart == nullptr || std::holds_alternative<Table>(counterpart->object.definition))
      continue;
    if (replaced.contains(view)) continue;
    const References& reads = references_.Of(counterpart->object);
    if (!reads.relations.contains(name)) continue;
    for (const Column& column : there.columns) {
      std::string folded = Folded(column.name);
      if (declared.Has(folded) || !reads.columns.contains(folded)) continue;
      // Others cannot be dropped alone.
      bool plain = !live.IsKey(folded) && !live.IsSort(folded) && !live.IsPartition(folded) &&
                   !live.IsDistribution(folded) && !live.IsInRollup(folded) &&
                   live.Reader(folded).empty() && !column.generated;
      if (plain) out.insert(folded);
    }
  }
  return out;
}

namespace {

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
    *hint = work.rebuilds_key ? "Rebuild the table." : "Declare DISTRIBUTED BY HASH.";
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
  if (!wanted.random) return;
  // A table that is created as RANDOM has a size.
  auto declared = work->wanted.properties.find(kBucketSize);
  bool given = declared != work->wanted.properties.end();
  std::string value = given ? declared->second
                            : DefaultProperty(kBucketSize, work->table, work->engine).value_or("0");
  if (value != "0") SetBucketSize(work, value);
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

}  // namespace

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
  if (!reason.empty()) return work->plan.Refuse(change, reason, hint, work->rebuilds_key);
  if (DefaultIsEnough(*work, there, wanted)) {
    return DefaultBuckets(work, *work->wanted.distribution);
  }
  if (auto missing = Missing(Feature::kRedistribute, work->engine.version)) {
    return work->plan.Refuse(change, *missing, "Rebuild the table.", true);
  }
  Redistribute(work, *work->wanted.distribution);
}

}  // namespace stateserver::schema
