// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/table_partitions.h"

#include <set>
#include <string>
#include <vector>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/compare_tables.h"

namespace stateserver::schema {
namespace {

// Returns the partition as ADD PARTITION accepts it: the first one of a range has no lower bound.
Partition Addable(Partition partition) {
  bool first = partition.kind == Partition::Kind::kFixed && IsLeastBound(partition.lower);
  if (first) partition.kind = Partition::Kind::kLessThan;
  return partition;
}

void AddPartition(TableWork* work, const Partition& partition) {
  Table after = work->table;
  if (!after.partitioning->partitions.empty() &&
      after.partitioning->partitions[0].kind == Partition::Kind::kLessThan) {
    std::vector<Partition> normal;
    if (NormalPartitions(*after.partitioning, &normal)) after.partitioning->partitions = normal;
  }
  after.partitioning->partitions.push_back(partition);
  work->Add(StepClass::kMetadata, Cat("ADD ", PrintPartition(Addable(partition))), after);
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

// The engine has no statement that changes the values of a list partition; dropping it would delete
// the rows of the values that stay.
void RefuseChangedLists(TableWork* work, Comparison* comparison) {
  std::erase_if(comparison->differences, [&](const Difference& one) {
    bool list = work->table.partitioning->kind == Partitioning::Kind::kList;
    if (!list || one.live.empty() || one.declared.empty()) return false;
    work->plan.Refuse({one.attribute, one.live, one.declared},
                      "The values of a list partition cannot be changed",
                      "Keep its values and declare another partition for the new ones, or rebuild "
                      "the table.",
                      true);
    return true;
  });
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

void PlanScheme(TableWork* work) {
  Comparison comparison;
  ComparePartitioning(work->table, work->wanted, &comparison);
  if (comparison.differences.empty()) return;
  const Difference& first = comparison.differences.front();
  if (first.attribute != "partition scheme") return;
  work->plan.Refuse({first.attribute, first.live, first.declared},
                    "The partition scheme of a table cannot be changed", "Rebuild the table.",
                    true);
  work->wanted.partitioning = work->table.partitioning;
}

void PlanPartitions(TableWork* work) {
  Comparison comparison;
  ComparePartitioning(work->table, work->wanted, &comparison);
  for (const UnmanagedAttribute& one : comparison.unmanaged) {
    work->plan.unmanaged.push_back({{}, ObjectKind::kTable, one.attribute, one.reason});
  }
  if (comparison.differences.empty()) return;
  if (work->options.partitions) {
    RefuseChangedLists(work, &comparison);
    return PlanListed(work, comparison);
  }
  for (const Difference& one : comparison.differences) {
    work->plan.unmanaged.push_back({{},
                                    ObjectKind::kTable,
                                    one.attribute,
                                    Cat(one.live.empty()       ? "it is declared and does not exist"
                                        : one.declared.empty() ? "it exists and is not declared"
                                                               : "its bounds differ",
                                        "; partitions are left alone unless `partitions` is set")});
  }
}

}  // namespace stateserver::schema
