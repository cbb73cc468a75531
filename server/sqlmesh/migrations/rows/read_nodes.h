// SPDX-License-Identifier: Apache-2.0
//
// The documents of the used snapshots, read once: what the graph needs of them,
// and the hashes that follow from a node alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/migrations/rows/graph.h"
#include "server/sqlmesh/migrations/runner.h"

namespace stateserver::migrations {

// The lists of one environment, each element by its node.
struct EnvironmentLists {
  static constexpr NodeIndex kNone = UINT32_MAX;
  std::string name;
  std::vector<NodeIndex> snapshots;
  // kNone for what no environment's `snapshots` holds.
  std::vector<NodeIndex> previous_finalized;
};

struct UsedSnapshots {
  // Names and identifiers only.
  Graph graph;
  // By name.
  std::vector<EnvironmentLists> environments;
};

// Reads the environments of a schema element by element. STATE_CORRUPT names
// environment and column.
absl::StatusOr<UsedSnapshots> ReadUsed(postgres::Session& session, const std::string& schema);

// A snapshot whose hashes nobody could compute.
struct Unsupported {
  NodeIndex node = 0;
  std::string reason;
};

// Fills `graph` from the rows of `_snapshots`, which have the newest schema, and
// leaves the temporary table stateserver_used (place, name, identifier) behind.
// Nodes in `unsupported` keep the hashes they have. STATE_CORRUPT names the row
// that cannot be migrated, and why.
absl::Status ReadNodes(postgres::Session& session, const RunOptions& options,
                       const Progress& progress, Graph* graph,
                       std::vector<Unsupported>* unsupported);

}  // namespace stateserver::migrations
