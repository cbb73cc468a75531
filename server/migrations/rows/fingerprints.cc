#include "server/migrations/rows/fingerprints.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "common/error.h"
#include "common/text.h"
#include "server/fingerprint/parents.h"

namespace stateserver::migrations {
namespace {

// Subsets of more than this many doubtful parents are not tried.
constexpr size_t kDoubtful = 12;

using state::Fingerprint;

bool Reproduces(const Graph& graph, const Node& node, const std::vector<NodeIndex>& parents) {
  std::vector<Fingerprint> fingerprints;
  for (NodeIndex parent : parents) fingerprints.push_back(graph[parent].before.View());
  return fingerprint::ParentDataHash(fingerprints) == node.before.parent_data &&
         fingerprint::ParentMetadataHash(fingerprints) == node.before.parent_metadata;
}

// The stored parents hold, beside those a node uses itself, what its EMBEDDED
// parents are made of. Which of these it uses itself too, the stored hash tells.
std::optional<std::vector<NodeIndex>> DirectParents(const Graph& graph, const Node& node) {
  std::set<NodeIndex> through_embedded;
  for (NodeIndex parent : node.parents) {
    if (!graph[parent].embedded) continue;
    through_embedded.insert(graph[parent].parents.begin(), graph[parent].parents.end());
  }
  if (through_embedded.empty()) return node.parents;
  std::vector<NodeIndex> sure, doubtful;
  for (NodeIndex parent : node.parents) {
    (through_embedded.contains(parent) ? doubtful : sure).push_back(parent);
  }
  if (doubtful.size() > kDoubtful) return std::nullopt;
  for (uint32_t subset = 0; subset < (1U << doubtful.size()); ++subset) {
    std::vector<NodeIndex> tried = sure;
    for (size_t i = 0; i < doubtful.size(); ++i) {
      if ((subset >> i & 1) != 0) tried.push_back(doubtful[i]);
    }
    if (Reproduces(graph, node, tried)) return tried;
  }
  return std::nullopt;
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
