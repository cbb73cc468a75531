// SPDX-License-Identifier: Apache-2.0
//
// Which snapshots the environments use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/migrations/rows/graph.h"

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

}  // namespace stateserver::migrations
