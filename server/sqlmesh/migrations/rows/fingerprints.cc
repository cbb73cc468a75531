// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rows/fingerprints.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/fingerprint/parents.h"

namespace stateserver::migrations {
namespace {

using state::Fingerprint;

// As fingerprint::DirectParents. All where no EMBEDDED parent brings others along;
// the stored hashes are not looked at then.
std::optional<std::vector<NodeIndex>> DirectParents(const Graph& graph, const Node& node) {
  auto brings_others = [&](NodeIndex parent) {
    return graph[parent].embedded && !graph[parent].parents.empty();
  };
  if (std::none_of(node.parents.begin(), node.parents.end(), brings_others)) return node.parents;
  std::vector<fingerprint::StoredParent> parents;
  for (NodeIndex index : node.parents) {
    const Node& parent = graph[index];
    parents.push_back({parent.name, parent.before.View(), parent.embedded, {}});
    if (!parent.embedded) continue;
    for (NodeIndex each : parent.parents) parents.back().parents.push_back(graph[each].name);
  }
  fingerprint::DirectAnswer answer = fingerprint::DirectParents(node.before.View(), parents);
  if (!answer.supported) return std::nullopt;
  std::vector<NodeIndex> direct;
  for (int position : answer.direct) direct.push_back(node.parents[position]);
  return direct;
}

}  // namespace

absl::Status ComputeFingerprints(Graph* graph, std::vector<Unsupported>* unsupported) {
  ASSIGN_OR_RETURN(std::vector<NodeIndex> order, ParentsFirst(*graph));
  std::vector<Fingerprint> fingerprints;
  for (NodeIndex index : order) {
    Node& node = (*graph)[index];
    if (!node.exists) continue;
    std::optional<std::vector<NodeIndex>> direct = DirectParents(*graph, node);
    if (!direct.has_value()) {
      unsupported->push_back({index,
                              "which parents it uses itself, and which through an EMBEDDED "
                              "model, does not follow from its stored hashes"});
    }
    fingerprints.clear();
    for (NodeIndex parent : direct.value_or(node.parents)) {
      fingerprints.push_back((*graph)[parent].after.View());
    }
    node.after.parent_data = fingerprint::ParentDataHash(fingerprints);
    node.after.parent_metadata = fingerprint::ParentMetadataHash(fingerprints);
    node.new_identifier = node.after.View().Identifier();
  }
  return absl::OkStatus();
}

}  // namespace stateserver::migrations
