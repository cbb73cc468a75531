// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rows/graph.h"

#include <algorithm>
#include <tuple>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::migrations {
namespace {

// Follows unfinished first parents until one repeats.
absl::Status Cycle(const Graph& graph, const std::vector<bool>& done) {
  NodeIndex at = 0;
  while (done[at]) ++at;
  std::vector<NodeIndex> path;
  while (std::find(path.begin(), path.end(), at) == path.end()) {
    path.push_back(at);
    const std::vector<NodeIndex>& parents = graph[at].parents;
    at = *std::find_if(parents.begin(), parents.end(), [&](NodeIndex p) { return !done[p]; });
  }
  std::string members;
  for (auto it = std::find(path.begin(), path.end(), at); it != path.end(); ++it) {
    AppendTo(&members, members.empty() ? "" : ", ", graph[*it].name, " (", graph[*it].identifier,
             ")");
  }
  return Error(Reason::STATE_CORRUPT, Cat("The parents of these snapshots form a cycle: ", members),
               "Correct `parents` in one of these rows of _snapshots, or restore the state from a "
               "backup.",
               {{"record", graph[at].name}, {"identifier", graph[at].identifier}});
}

}  // namespace

std::optional<NodeIndex> FindNode(const Graph& graph, std::string_view name,
                                  std::string_view identifier) {
  auto key = std::make_tuple(name, identifier);
  auto found =
      std::lower_bound(graph.begin(), graph.end(), key, [](const Node& node, auto& wanted) {
        return std::tuple<std::string_view, std::string_view>(node.name, node.identifier) < wanted;
      });
  if (found == graph.end() || found->name != name || found->identifier != identifier) {
    return std::nullopt;
  }
  return static_cast<NodeIndex>(found - graph.begin());
}

absl::StatusOr<std::vector<NodeIndex>> ParentsFirst(const Graph& graph) {
  std::vector<NodeIndex> order;
  order.reserve(graph.size());
  std::vector<bool> done(graph.size());
  std::vector<uint32_t> waiting(graph.size());
  std::vector<std::vector<NodeIndex>> children(graph.size());
  for (NodeIndex i = 0; i < graph.size(); ++i) {
    waiting[i] = static_cast<uint32_t>(graph[i].parents.size());
    for (NodeIndex parent : graph[i].parents) children[parent].push_back(i);
    if (waiting[i] == 0) order.push_back(i);
  }
  for (size_t next = 0; next < order.size(); ++next) {
    done[order[next]] = true;
    for (NodeIndex child : children[order[next]]) {
      if (--waiting[child] == 0) order.push_back(child);
    }
  }
  if (order.size() < graph.size()) return Cycle(graph, done);
  return order;
}

}  // namespace stateserver::migrations
