// SPDX-License-Identifier: Apache-2.0
//
// Pairs the parts of two tables by name.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "server/starrocks/diff/compare/normal_table.h"

namespace stateserver::schema {

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

}  // namespace stateserver::schema
