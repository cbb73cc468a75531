// SPDX-License-Identifier: Apache-2.0
//
// The snapshots of a row migration and how they hang together, without their
// documents: about half a kilobyte each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::migrations {

// Position in a Graph.
using NodeIndex = uint32_t;

struct Hashes {
  std::string data;
  std::string metadata;
  std::string parent_data = "0";
  std::string parent_metadata = "0";
  bool operator==(const Hashes&) const = default;
  state::Fingerprint View() const { return {data, metadata, parent_data, parent_metadata}; }
};

// Who computed the hashes of a node.
enum class HashedBy : uint8_t { kServer, kWorker, kNobody };

struct Node {
  std::string name;
  std::string identifier;
  Hashes before;
  // Hashes that follow from the node itself are set when it is read, those of
  // its parents by ComputeFingerprints.
  Hashes after;
  std::string new_identifier;
  std::string version;
  // As stored, without those that are not in the graph.
  std::vector<NodeIndex> parents;
  int64_t updated_ts = 0;
  uint32_t document_bytes = 0;
  // Its number in the order in which environments named it first.
  NodeIndex read_as = 0;
  // False for one that an environment names and no row has.
  bool exists = false;
  bool embedded = false;
  // SQLMesh's is_forward_only.
  bool forward_only = false;
  HashedBy hashed_by = HashedBy::kServer;

  bool changed() const { return exists && !(before == after); }
};

// Sorted by name and identifier, each once.
using Graph = std::vector<Node>;

std::optional<NodeIndex> FindNode(const Graph& graph, std::string_view name,
                                  std::string_view identifier);

// Every node behind its parents, otherwise in the order of the graph.
// STATE_CORRUPT names the snapshots of a cycle.
absl::StatusOr<std::vector<NodeIndex>> ParentsFirst(const Graph& graph);

}  // namespace stateserver::migrations
