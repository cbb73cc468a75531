// SPDX-License-Identifier: Apache-2.0
//
// Writing into the journal what is applied, without running it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/revisions/run/revision_run.h"

namespace stateserver::revisions {

// The table `alembic_version` in the warehouse, kept as Alembic keeps it.

inline constexpr char kVersionTable[] = "alembic_version";

// Nothing where there is no such table; otherwise its rows, sorted.
absl::StatusOr<std::optional<std::vector<std::string>>> ReadVersionTable(Warehouse& warehouse);

// Creates the table where it is missing.
absl::Status EnsureVersionTable(Warehouse& warehouse, const VersionTableOptions& options);

// Makes its rows these. Running it twice does no harm.
absl::Status WriteVersionTable(Warehouse& warehouse, const std::vector<std::string>& heads);

// VERSION_TABLE_DIFFERS unless the table says what the journal says: the heads,
// what was written last, or the heads that an open run leads to.
absl::Status CheckVersionTable(Warehouse& warehouse, const JournalState& state,
                               const RevisionRunPlan& plan);

struct StampRequestOptions {
  WarehouseTarget at;
  std::shared_ptr<const Graph> graph;  // of the files; not null
  std::vector<std::string> targets;    // "base", "head", "heads", or as Graph::Find
  std::string operation_id;
  absl::Duration lock_wait, lease;
  VersionTableOptions version_table;
};

struct StampOutcome {
  operations::OperationRecord operation;
  std::vector<std::string> heads_before, heads;
};

// Under the lock and as an operation: the targets and all that they follow are
// applied from now on, and nothing else; a run that was open is closed; the live
// objects that those revisions name are remembered as they are.
absl::StatusOr<StampOutcome> RunStamp(const StampRequestOptions& request, const CallContext& call);

}  // namespace stateserver::revisions
