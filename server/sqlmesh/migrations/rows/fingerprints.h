// SPDX-License-Identifier: Apache-2.0
//
// Fingerprints of a whole graph, from the hashes of its nodes.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "server/sqlmesh/migrations/rows/graph.h"
#include "server/sqlmesh/migrations/rows/read_nodes.h"

namespace stateserver::migrations {

// Sets the parents' hashes in `after`, and `new_identifier`. Those whose direct
// parents cannot be told go to `unsupported` and count all as direct.
// STATE_CORRUPT for a cycle.
absl::Status ComputeFingerprints(Graph* graph, std::vector<Unsupported>* unsupported);

}  // namespace stateserver::migrations
