// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/cleanup_targets.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace stateserver::maintenance {
namespace {

std::vector<size_t> ExpiredOldestFirst(std::span<const VersionedSnapshot> snapshots) {
  std::vector<size_t> order;
  for (size_t i = 0; i < snapshots.size(); ++i) {
    if (snapshots[i].expired) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::tie(snapshots[a].updated_ts, snapshots[a].identifier) <
           std::tie(snapshots[b].updated_ts, snapshots[b].identifier);
  });
  return order;
}

}  // namespace

std::vector<CleanupTarget> CleanupTargets(std::span<const VersionedSnapshot> snapshots) {
  std::map<std::string, int> users;
  std::map<std::pair<std::string, std::string>, int> dev_users;
  for (const VersionedSnapshot& each : snapshots) {
    ++users[each.version];
    ++dev_users[{each.version, each.dev_version}];
  }
  std::vector<CleanupTarget> targets;
  for (size_t i : ExpiredOldestFirst(snapshots)) {
    const VersionedSnapshot& each = snapshots[i];
    int others = --users[each.version];
    if (--dev_users[{each.version, each.dev_version}] > 0) continue;
    targets.push_back({i, /*dev_table_only=*/others > 0});
  }
  return targets;
}

}  // namespace stateserver::maintenance
