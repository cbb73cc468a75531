// SPDX-License-Identifier: Apache-2.0
//
// Comparison of two definitions of a table by the engine's own notion of equality.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/compare/properties.h"

namespace stateserver::schema {

// Difference is one difference between two definitions of an object.
struct Difference {
  // "column qty", "comment", "property replication_num", "partition p1".
  std::string attribute;
  // In SQL; empty on the side that lacks the attribute.
  std::string live, declared;
};

// UnmanagedAttribute is an attribute that the declaration leaves to the engine.
struct UnmanagedAttribute {
  std::string attribute;
  std::string reason;
};

struct Comparison {
  std::vector<Difference> differences;
  std::vector<UnmanagedAttribute> unmanaged;

  void Differ(std::string attribute, std::string live, std::string declared) {
    differences.push_back({std::move(attribute), std::move(live), std::move(declared)});
  }
  void Leave(std::string attribute, std::string reason) {
    unmanaged.push_back({std::move(attribute), std::move(reason)});
  }
};

// Calls `both(live, declared)` for each pair of items with the same name, ignoring case; one of
// them is null if the item has no counterpart. Follows the order of the declaration, then visits
// the rest.
template <typename Item, typename Both>
void ForEachPair(const std::vector<Item>& live, const std::vector<Item>& declared, Both both) {
  auto by_name = [](const std::vector<Item>& items) {
    std::unordered_map<std::string, const Item*> places;
    for (const Item& item : items) places.emplace(Folded(item.name), &item);
    return places;
  };
  auto there = by_name(live), wanted = by_name(declared);
  for (const Item& item : declared) {
    auto found = there.find(Folded(item.name));
    both(found == there.end() ? nullptr : found->second, &item);
  }
  for (const Item& item : live) {
    if (!wanted.contains(Folded(item.name))) both(&item, static_cast<const Item*>(nullptr));
  }
}

// Compares the partitions of two tables, both in normal form.
void ComparePartitioning(const Table& live, const Table& declared, Comparison* out);

// Returns true for the lower bound of the first partition of a range: an empty one, or the least
// value of each column's type.
bool IsLeastBound(const PartitionTuple& bound);

// Normalizes partitions: LESS THAN becomes [lower, upper), with the upper bound of the previous
// partition, or none, as the lower bound; START … END … EVERY is expanded. Returns false for a
// batch that cannot be expanded: a unit other than HOUR, DAY, MONTH and YEAR, or a bound that is
// not a date or a number.
bool NormalPartitions(const Partitioning& partitioning, std::vector<Partition>* out);

}  // namespace stateserver::schema
