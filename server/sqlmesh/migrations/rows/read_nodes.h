// SPDX-License-Identifier: Apache-2.0
//
// Reading of the used snapshots' documents, once: the properties that the graph needs, and the
// hashes that depend only on a node itself.
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

// EnvironmentLists holds the lists of one environment, with each element as a node index.
struct EnvironmentLists {
  static constexpr NodeIndex kNone = UINT32_MAX;
  std::string name;
  std::vector<NodeIndex> snapshots;
  // kNone for elements that are in no environment's `snapshots`.
  std::vector<NodeIndex> previous_finalized;
  // True if an element of either list has fields that the server does not know.
  bool unknown_fields = false;
};

struct UsedSnapshots {
  // Only names and identifiers are set.
  Graph graph;
  // Sorted by name.
  std::vector<EnvironmentLists> environments;
};

// Reads the environments of a schema element by element. Returns STATE_CORRUPT, naming environment
// and column.
absl::StatusOr<UsedSnapshots> ReadUsed(postgres::Session& session, const std::string& schema);

// Unsupported is a snapshot whose hashes could not be computed.
struct Unsupported {
  NodeIndex node = 0;
  std::string reason;
};

// Fills `graph` from the rows of `_snapshots`, which must have the newest schema, and leaves the
// temporary table stateserver_used (place, name, identifier) behind. Nodes in `unsupported` keep
// their hashes. Returns STATE_CORRUPT, naming the row that cannot be migrated and the reason.
absl::Status ReadNodes(postgres::Session& session, const RunOptions& options,
                       const operations::Progress& progress, Graph* graph,
                       std::vector<Unsupported>* unsupported);

}  // namespace stateserver::migrations
