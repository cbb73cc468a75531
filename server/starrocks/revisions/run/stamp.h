// SPDX-License-Identifier: Apache-2.0
//
// Recording of revisions as applied without running them, and the table `alembic_version`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/revisions/run/revision_run.h"

namespace stateserver::revisions {

// The table in the warehouse, maintained as Alembic maintains it.
inline constexpr char kVersionTable[] = "alembic_version";

// Returns the rows of the table, sorted, or nullopt if it does not exist.
absl::StatusOr<std::optional<std::vector<std::string>>> ReadVersionTable(Warehouse& warehouse);

// Creates the table if it is missing.
absl::Status EnsureVersionTable(Warehouse& warehouse, const VersionTableOptions& options);

// Replaces the rows of the table. Idempotent.
absl::Status WriteVersionTable(Warehouse& warehouse, const std::vector<std::string>& heads);

// Returns VERSION_TABLE_DIFFERS unless the table agrees with the journal: it contains the heads,
// what was last written, or the heads that result from an open run.
absl::Status CheckVersionTable(Warehouse& warehouse, const JournalState& state,
                               const RevisionRunPlan& plan);

struct StampRequestOptions {
  WarehouseTarget at;
  std::shared_ptr<const Graph> graph;  // revisions of the files; never null
  std::vector<std::string> targets;    // "base", "head", "heads", or names accepted by Graph::Find
  std::string operation_id;
  absl::Duration lock_wait, lease;
  VersionTableOptions version_table;
};

struct StampOutcome {
  operations::OperationRecord operation;
  std::vector<std::string> heads_before, heads;
};

// Stamps as an operation under the lock: exactly the targets and their ancestors are applied from
// now on; an open run is closed; the live objects that those revisions name are remembered in their
// current form.
absl::StatusOr<StampOutcome> RunStamp(const StampRequestOptions& request, const CallContext& call);

}  // namespace stateserver::revisions
