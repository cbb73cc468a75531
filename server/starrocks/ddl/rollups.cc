// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/rollups.h"

#include <string>

#include "common/text.h"

namespace stateserver::schema {

namespace {

// Removes the text from the start of `from`. Returns false if it begins otherwise.
bool Consume(std::string_view text, std::string_view* from) {
  bool found = from->starts_with(text);
  if (found) from->remove_prefix(text.size());
  return found;
}

// Returns true for "REPLACE(w)": an aggregate in upper case of a column.
bool IsAggregated(std::string_view item) {
  size_t open = item.find('(');
  return open != item.npos && open > 0 && item.ends_with(')') &&
         Upper(item.substr(0, open)) == item.substr(0, open);
}

}  // namespace

// The engine joins the keys and the aggregated values by commas without spaces.
bool IsPlainRollup(std::string_view name, std::string_view definition) {
  if (definition.empty()) return true;
  if (!Consume(Cat("create materialized view ", name, " as select "), &definition)) return false;
  constexpr std::string_view kFrom = " from ", kGroupBy = " group by ";
  size_t group = definition.rfind(kGroupBy), from = definition.find(kFrom);
  if (group == definition.npos || from == definition.npos || group < from) return false;
  std::string_view keys = definition.substr(group + kGroupBy.size());
  std::string_view items = definition.substr(0, from);
  if (keys.find(", ") != keys.npos || !Consume(keys, &items)) return false;
  while (!items.empty()) {
    if (!Consume(",", &items)) return false;
    std::string_view item = items.substr(0, items.find(','));
    if (!IsAggregated(item)) return false;
    items.remove_prefix(item.size());
  }
  return true;
}

}  // namespace stateserver::schema
