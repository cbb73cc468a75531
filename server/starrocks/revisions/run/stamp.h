// SPDX-License-Identifier: Apache-2.0
//
// Writing into the journal what is applied, without running it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/revisions/run/request.h"

namespace stateserver::revisions {

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
