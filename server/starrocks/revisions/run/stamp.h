// SPDX-License-Identifier: Apache-2.0
//
// Recording of revisions as applied without running them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/revisions/run/revision_run.h"

namespace stateserver::revisions {

struct StampRequestOptions {
  WarehouseTarget at;
  GraphReader read_graph;
  std::vector<std::string> targets;  // "base", "head", "heads", or names accepted by Graph::Find
  std::string operation_id;
  absl::Duration lock_wait, lease;
  VersionTableOptions version_table;
  // Stamps although live objects differ from what the revisions leave.
  bool force = false;
};

struct StampResult {
  std::vector<std::string> heads_before, heads;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("heads_before", self.heads_before);
    visit("heads", self.heads);
  }
};

// Stamps as an operation under the lock: exactly the targets and their ancestors are applied from
// now on; an open run is closed; the live objects that those revisions name are remembered in their
// current form. Returns NOT_AT_HEAD, and changes nothing, if live objects are not as the revisions
// leave them, unless forced.
absl::StatusOr<operations::Outcome<StampResult>> RunStamp(const StampRequestOptions& request,
                                                          const CallContext& call);

}  // namespace stateserver::revisions
