// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/column_order.h"

#include <iterator>
#include <map>

namespace stateserver::schema {

std::vector<std::string> Staying(const std::vector<std::string>& order,
                                 const std::vector<std::string>& wanted) {
  std::map<std::string, size_t> place;
  for (size_t i = 0; i < wanted.size(); ++i) place[wanted[i]] = i;
  // The longest rising run from each name on, found from the end. `best` has, for each place, the
  // longest run that begins there or behind it, and of equally long ones the first.
  struct Run {
    size_t length = 0, begin = 0;
  };
  std::map<size_t, Run> best;
  std::vector<size_t> next(order.size(), order.size());
  for (size_t i = order.size(); i-- > 0;) {
    size_t at = place[order[i]];
    auto behind = best.upper_bound(at);
    Run run{1, i};
    if (behind != best.end()) {
      run.length = behind->second.length + 1;
      next[i] = behind->second.begin;
    }
    // Runs that begin before it and are no longer are of no use any more.
    auto from = best.upper_bound(at);
    while (from != best.begin() && std::prev(from)->second.length <= run.length) {
      from = best.erase(std::prev(from));
    }
    best.emplace(at, run);
  }
  std::vector<std::string> staying;
  if (best.empty()) return staying;
  for (size_t i = best.begin()->second.begin; i < order.size(); i = next[i]) {
    staying.push_back(order[i]);
  }
  return staying;
}

}  // namespace stateserver::schema
