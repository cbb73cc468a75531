// SPDX-License-Identifier: Apache-2.0
//
// Compares two definitions of a table with the engine's own notion of equality.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/compare/normal_table.h"

namespace stateserver::schema {

// How two definitions of one object differ.

struct Difference {
  // "column qty", "comment", "property replication_num", "partition p1".
  std::string attribute;
  // As SQL says it; empty where it is not there.
  std::string live, declared;
};

// What the declaration leaves to the engine.
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

// Names are the same whatever their case. `both(live, declared)` for each pair;
// one of them is null where the other has no counterpart. In the order of the
// declaration, then of the rest.
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

// The parts of a comparison of tables, both in their normal form.

void CompareColumns(const Table& live, const Table& declared, Comparison* out);
void CompareIndexes(const Table& live, const Table& declared, Comparison* out);
void CompareRollups(const Table& live, const Table& declared, Comparison* out);
void ComparePartitioning(const Table& live, const Table& declared, Comparison* out);
void CompareProperties(const Table& live, const Table& declared, const Engine& engine,
                       Comparison* out);

// `live` is what the engine printed, with its rollups; `declared` what somebody
// wrote. A table that was just made of its declaration has no differences.
Comparison CompareTables(const ObjectName& name, const Table& live, const Table& declared,
                         const Engine& engine);

// LESS THAN becomes [lower, upper), with the upper bound of the partition before
// it, or none, as the lower one; START … END … EVERY becomes what it makes.
// False for a batch that this cannot do: a unit other than HOUR, DAY, MONTH and
// YEAR, or a bound that is no date or number.
bool NormalPartitions(const Partitioning& partitioning, std::vector<Partition>* out);

// Whether they hold the same rows: no lower bound is the least value of a type,
// and the members of LIST are a set.
bool SameBounds(const Partition& a, const Partition& b);

// "[("2030-01-01"), ("2030-02-01"))" or "IN (…)".
std::string PrintBounds(const Partition& partition);

// What the engine makes of a table's properties: units and names in its own
// spelling, and without those that have their default.
Properties NormalProperties(const ObjectName& name, const Table& table, const Engine& engine);

// What a property is where nobody sets it; nothing for one that has no default,
// or none that is known.
std::optional<std::string> DefaultProperty(std::string_view key, const Table& table,
                                           const Engine& engine);

// Properties that the engine takes and does not print: they cannot be compared.
bool IsNeverPrinted(std::string_view key);

// What an index of that type has where its properties do not say it.
Properties NormalIndexProperties(const Index& index);

}  // namespace stateserver::schema
