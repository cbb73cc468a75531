// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rows/fingerprints.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/row_buffer.h"
#include "server/sqlmesh/fingerprint/parents.h"
#include "server/sqlmesh/migrations/rows/migrate_rows.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

namespace {

using state::Fingerprint;

// Works like fingerprint::DirectParents. Returns all parents if no EMBEDDED parent adds others; the
// stored hashes are then not used.
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

Targets Assign(const Graph& graph) {
  Targets out;
  out.of_node.assign(graph.size(), Targets::kNone);
  // The views refer to the graph.
  absl::flat_hash_map<std::pair<std::string_view, std::string_view>, uint32_t> by_id;
  for (NodeIndex i = 0; i < graph.size(); ++i) {
    const Node& node = graph[i];
    if (!node.changed()) continue;
    auto [place, inserted] = by_id.try_emplace(
        std::pair<std::string_view, std::string_view>(node.name, node.new_identifier),
        out.targets.size());
    out.of_node[i] = place->second;
    if (inserted) {
      auto same = FindNode(graph, node.name, node.new_identifier);
      bool is_source = same.has_value() && graph[*same].exists;
      out.targets.push_back({is_source ? *same : i, is_source, false});
      continue;
    }
    Target& target = out.targets[place->second];
    if (!target.is_source && node.updated_ts > graph[target.source].updated_ts) target.source = i;
  }
  return out;
}

absl::Status ListTargets(postgres::Session& session, const Graph& graph, const Targets& targets) {
  RETURN_IF_ERROR(CreateTemp(session, "stateserver_targets",
                             "target integer, place integer, name text, identifier text"));
  postgres::RowBuffer rows(session,
                           "pg_temp.stateserver_targets (target, place, name, identifier)");
  for (size_t i = 0; i < targets.targets.size(); ++i) {
    const Target& target = targets.targets[i];
    const Node& source = graph[target.source];
    postgres::CopyLine line;
    line.Int(static_cast<int64_t>(i)).Int(target.source).Text(source.name);
    line.Text(target.is_source ? source.identifier : source.new_identifier);
    RETURN_IF_ERROR(rows.Add(line));
  }
  RETURN_IF_ERROR(rows.Flush());
  return session.Execute("ANALYZE pg_temp.stateserver_targets");
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
                              "its stored hashes do not show which parents it uses itself and "
                              "which through an EMBEDDED model"});
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

absl::StatusOr<Targets> FindTargets(postgres::Session& session, const std::string& schema,
                                    const Graph& graph) {
  Targets out = Assign(graph);
  RETURN_IF_ERROR(ListTargets(session, graph, out));
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.Query(Cat("SELECT t.target FROM pg_temp.stateserver_targets t JOIN ",
                                     store::Qualified(schema, "_snapshots"),
                                     " s ON s.name = t.name AND s.identifier = t.identifier")));
  for (size_t i = 0; i < rows.rows(); ++i) {
    out.targets[static_cast<size_t>(rows.Int(i, 0))].exists = true;
  }
  return out;
}

}  // namespace stateserver::migrations
