// SPDX-License-Identifier: Apache-2.0
//
// Fingerprints of a whole graph, derived from the hashes of its nodes.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/migrations/rows/graph.h"
#include "server/sqlmesh/migrations/rows/read_nodes.h"

namespace stateserver::migrations {

// Sets the parents' hashes in `after`, and `new_identifier`. Nodes whose direct parents cannot be
// determined are added to `unsupported`; all their parents count as direct. Returns STATE_CORRUPT
// for a cycle.
absl::Status ComputeFingerprints(Graph* graph, std::vector<Unsupported>* unsupported);

// Target is a snapshot that environments will use instead of one or several old snapshots.
struct Target {
  // Node whose document the target gets.
  NodeIndex source = 0;
  // True if its id equals the current id of `source`, so that nothing needs to be written.
  bool is_source = false;
  // True if a row with its id exists that no environment uses.
  bool exists = false;
};

struct Targets {
  static constexpr uint32_t kNone = UINT32_MAX;
  std::vector<Target> targets;
  // Position in `targets` for each node; kNone if the node is not replaced.
  std::vector<uint32_t> of_node;
};

// Determines the targets. If several old snapshots get the same new id, the most recently updated
// one is the source. Queries which new ids have rows already, and leaves the temporary table
// stateserver_targets (target, place, name, identifier) behind.
absl::StatusOr<Targets> FindTargets(postgres::Session& session, const std::string& schema,
                                    const Graph& graph);

}  // namespace stateserver::migrations
