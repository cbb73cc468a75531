// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/engine/rollups.h"

namespace stateserver::starrocks {

std::vector<schema::Rollup> ReadRollups(const Rows& answer, const std::string& table,
                                        const std::set<std::string>& views) {
  std::vector<schema::Rollup> rollups;
  // An index's name stands in its first row only; an empty row parts two of them.
  bool taken = false;
  for (size_t i = 0; i < answer.rows.size(); ++i) {
    std::string index = answer.Text(i, "IndexName"), field = answer.Text(i, "Field");
    if (!index.empty()) {
      taken = index != table && !views.contains(index);
      if (taken) rollups.push_back({index, {}, {}, "", {}});
    }
    if (taken && !field.empty()) rollups.back().columns.push_back(field);
  }
  return rollups;
}

}  // namespace stateserver::starrocks
