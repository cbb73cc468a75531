// SPDX-License-Identifier: Apache-2.0
//
// The scheme, which no statement changes, and the listed partitions.
#include <map>
#include <set>

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print_internal.h"
#include "server/starrocks/diff/compare/compare_parts.h"
#include "server/starrocks/diff/compare/pairs.h"
#include "server/starrocks/diff/compare/partitions.h"
#include "server/starrocks/diff/plan/table_work.h"

namespace stateserver::schema {
namespace {

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

}  // namespace

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
                      "The partition scheme of a table cannot be changed",
                      Cat("--rebuild ", work->name.name, " builds it anew."), true);
    work->wanted.partitioning = work->table.partitioning;
  } else if (work->options.partitions) {
    PlanListed(work, comparison);
  } else {
    for (const Difference& one : comparison.differences) {
      work->plan.unmanaged.push_back({{},
                                      ObjectKind::kTable,
                                      one.attribute,
                                      Cat(one.live.empty()       ? "it is declared and not there"
                                          : one.declared.empty() ? "it is there and not declared"
                                                                 : "its bounds differ",
                                          "; partitions are left alone without --partitions")});
    }
  }
}

}  // namespace stateserver::schema
