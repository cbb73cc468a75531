#include "server/schema/plan/column_order.h"

#include <map>

namespace stateserver::schema {

std::vector<std::string> Staying(const std::vector<std::string>& order,
                                 const std::vector<std::string>& wanted) {
  std::map<std::string, size_t> place;
  for (size_t i = 0; i < wanted.size(); ++i) place[wanted[i]] = i;
  // The longest rising run from each name on, found from the end.
  std::vector<size_t> length(order.size(), 1), next(order.size(), order.size());
  size_t best = order.size();
  for (size_t i = order.size(); i-- > 0;) {
    for (size_t j = i + 1; j < order.size(); ++j) {
      if (place[order[i]] < place[order[j]] && length[j] + 1 > length[i]) {
        length[i] = length[j] + 1;
        next[i] = j;
      }
    }
    if (best == order.size() || length[i] >= length[best]) best = i;
  }
  std::vector<std::string> staying;
  for (size_t i = best; i < order.size(); i = next[i]) staying.push_back(order[i]);
  return staying;
}

}  // namespace stateserver::schema
