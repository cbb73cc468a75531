// SPDX-License-Identifier: Apache-2.0
//
// The releases of SQLMesh that this server knows.
#pragma once

#include <iterator>
#include <string_view>

namespace stateserver::store {

// ReleaseGroup holds successive releases that write the same schema version and sqlglot release.
struct ReleaseGroup {
  // The number of the releases' last migration.
  int schema;
  // The last patch of the minor version that the releases pin (`~=`), which is the one that gets
  // installed. SQLMesh compares only major.minor.
  std::string_view sqlglot;
  // Oldest first, separated by spaces.
  std::string_view releases;
};

// Oldest first. The last release of the last group is the newest known one.
inline constexpr ReleaseGroup kReleaseGroups[] = {
#include "server/sqlmesh/store/releases_table.inc"
};

inline constexpr const ReleaseGroup& kNewestGroup = kReleaseGroups[std::size(kReleaseGroups) - 1];

// Returns the first release of `group`.
constexpr std::string_view FirstRelease(const ReleaseGroup& group) {
  return group.releases.substr(0, group.releases.find(' '));
}

// Returns the last release of `group`.
constexpr std::string_view LastRelease(const ReleaseGroup& group) {
  return group.releases.substr(group.releases.rfind(' ') + 1);
}

}  // namespace stateserver::store
