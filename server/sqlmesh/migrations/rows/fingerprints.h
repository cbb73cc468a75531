// SPDX-License-Identifier: Apache-2.0
//
// Fingerprints of a whole graph, from the hashes of its nodes.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/migrations/rows/graph.h"
#include "server/sqlmesh/migrations/rows/read_nodes.h"

namespace stateserver::migrations {

// Sets the parents' hashes in `after`, and `new_identifier`. Those whose direct
// parents cannot be told go to `unsupported` and count all as direct.
// STATE_CORRUPT for a cycle.
absl::Status ComputeFingerprints(Graph* graph, std::vector<Unsupported>* unsupported);

// A snapshot that environments will use instead of one or several old ones.
struct Target {
  // Whose document it gets.
  NodeIndex source = 0;
  // Its id is that of `source` as it stands: nothing is to be written.
  bool is_source = false;
  // A row with its id exists, used by no environment.
  bool exists = false;
};

struct Targets {
  static constexpr uint32_t kNone = UINT32_MAX;
  std::vector<Target> targets;
  // Per node: its place in `targets`; kNone where it stays.
  std::vector<uint32_t> of_node;
};

// Of old ones that meet in one new id the one updated last is the source. Asks
// `session` which new ids have rows already, and leaves the temporary table
// stateserver_targets (target, place, name, identifier) behind.
absl::StatusOr<Targets> FindTargets(postgres::Session& session, const std::string& schema,
                                    const Graph& graph);

}  // namespace stateserver::migrations
