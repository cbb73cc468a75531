// SPDX-License-Identifier: Apache-2.0
//
// The snapshots of a row migration and their dependencies, without documents: about half a kilobyte
// each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::migrations {

// NodeIndex is a position in a Graph.
using NodeIndex = uint32_t;

struct Hashes {
  std::string data;
  std::string metadata;
  std::string parent_data = "0";
  std::string parent_metadata = "0";
  bool operator==(const Hashes&) const = default;
  state::Fingerprint View() const { return {data, metadata, parent_data, parent_metadata}; }
};

// HashedBy records who computed the hashes of a node.
enum class HashedBy : uint8_t { kServer, kWorker, kNobody };

struct Node {
  std::string name;
  std::string identifier;
  Hashes before;
  // Hashes of the node itself are set when it is read; those of its parents by ComputeFingerprints.
  Hashes after;
  std::string new_identifier;
  std::string version;
  // The stored parents that are in the graph.
  std::vector<NodeIndex> parents;
  int64_t updated_ts = 0;
  uint32_t document_bytes = 0;
  // Position in the order in which environments first name the snapshots.
  NodeIndex read_as = 0;
  // False if an environment names the snapshot but no row exists.
  bool exists = false;
  bool embedded = false;
  // SQLMesh's is_forward_only.
  bool forward_only = false;
  HashedBy hashed_by = HashedBy::kServer;

  bool changed() const { return exists && !(before == after); }
};

// Graph is sorted by name and identifier, without duplicates.
using Graph = std::vector<Node>;

std::optional<NodeIndex> FindNode(const Graph& graph, std::string_view name,
                                  std::string_view identifier);

// Returns the nodes with parents before children, otherwise in the order of the graph. Returns
// STATE_CORRUPT, naming the snapshots of a cycle.
absl::StatusOr<std::vector<NodeIndex>> ParentsFirst(const Graph& graph);

}  // namespace stateserver::migrations
