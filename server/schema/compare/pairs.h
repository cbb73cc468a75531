// Pairs the parts of two tables by name.
#pragma once

#include <string>
#include <vector>

#include "server/schema/compare/normal_table.h"

namespace stateserver::schema {

// Names are the same whatever their case. `both(live, declared)` for each pair;
// one of them is null where the other has no counterpart. In the order of the
// declaration, then of the rest.
template <typename Item, typename Both>
void ForEachPair(const std::vector<Item>& live, const std::vector<Item>& declared, Both both) {
  auto find = [](const std::vector<Item>& items, const std::string& name) -> const Item* {
    for (const Item& item : items) {
      if (Folded(item.name) == Folded(name)) return &item;
    }
    return nullptr;
  };
  for (const Item& item : declared) both(find(live, item.name), &item);
  for (const Item& item : live) {
    if (find(declared, item.name) == nullptr) both(&item, static_cast<const Item*>(nullptr));
  }
}

}  // namespace stateserver::schema
