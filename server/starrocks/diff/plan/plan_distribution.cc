// SPDX-License-Identifier: Apache-2.0
//
// Distribution and buckets: OPTIMIZE jobs that write the table anew.
#include <algorithm>

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print.h"
#include "server/starrocks/diff/compare/properties.h"
#include "server/starrocks/diff/plan/table_work.h"

namespace stateserver::schema {
namespace {

constexpr char kBucketSize[] = "bucket_size";

Distribution FoldedColumns(Distribution distribution) {
  for (std::string& column : distribution.columns) column = Folded(column);
  return distribution;
}

std::string WhyNot(const TableWork& work, const Distribution& wanted, std::string* hint) {
  if (work.table.properties.contains("colocate_with")) {
    *hint = "Take the table out of its group first: SET (\"colocate_with\" = \"\").";
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
  // The engine grows a RANDOM table itself, and then refuses every other change.
  if (was_random && (size == work->table.properties.end() || size->second != "0")) {
    SetBucketSize(work, "0");
  }
  Table after = work->table;
  after.distribution = wanted;
  // What SHOW CREATE lacks after the change from HASH.
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
  work->plan.Warn("distribution",
                  "new partitions get the buckets, those that are there keep theirs");
}

// New partitions come, so that setting the default is enough.
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
  if (!reason.empty()) return work->plan.Refuse(change, reason, hint);
  if (DefaultIsEnough(*work, there, wanted)) {
    return DefaultBuckets(work, *work->wanted.distribution);
  }
  if (auto missing = Missing(Feature::kRedistribute, work->engine.version)) {
    return work->plan.Refuse(change, *missing,
                             Cat("--rebuild ", work->name.name, " builds it anew."), true);
  }
  Redistribute(work, *work->wanted.distribution);
}

}  // namespace stateserver::schema
