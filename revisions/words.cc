// SPDX-License-Identifier: Apache-2.0

#include "revisions/words.h"

#include <algorithm>

#include "common/text.h"

namespace stateserver::revisions {

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> out;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(',', at), text.size());
    std::string_view part = Trim(text.substr(at, end - at));
    if (!part.empty()) out.emplace_back(part);
    at = end + 1;
  }
  return out;
}

std::string JoinList(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out.append(separator);
    out.append(part);
  }
  return out;
}

}  // namespace stateserver::revisions
