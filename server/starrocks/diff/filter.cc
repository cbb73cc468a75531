// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/filter.h"

#include <algorithm>
#include <string_view>

namespace stateserver::schema {

namespace {

// Returns true if the glob matches the whole text: `*` matches any number of characters, `?` one.
bool GlobFits(std::string_view glob, std::string_view text) {
  size_t g = 0, t = 0;
  size_t star = glob.npos, mark = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      g = std::min(glob.find_first_not_of('*', g), glob.size());
      star = g - 1;
      mark = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != glob.npos) {
      // The last star matches one more character.
      g = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == glob.npos;
}

}  // namespace

bool Filter::Takes(const ObjectName& name) const {
  auto fits = [&](const std::vector<std::string>& globs) {
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
      return GlobFits(glob, name.name) || GlobFits(glob, name.Text());
    });
  };
  return (include_.empty() || fits(include_)) && !fits(exclude_);
}

}  // namespace stateserver::schema
