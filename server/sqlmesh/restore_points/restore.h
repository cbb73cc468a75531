// SPDX-License-Identifier: Apache-2.0
//
// The command `stateclient restore`.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/operations/change.h"
#include "server/operations/progress.h"
#include "server/platform/postgres/pool.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/restore_points/state_change.h"

namespace stateserver::restore_points {

struct RestoreResult {
  RestorePoint restored;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("restored", self.restored);
  }
};

// Takes a restore point of the current state, then restores the requested one, in one transaction
// and as operation "restore". Returns RESTORE_POINT_NOT_FOUND and the errors of CheckRestorable.
absl::StatusOr<operations::Outcome<RestoreResult>> RunRestore(postgres::Pool& pool,
                                                              const CallContext& context,
                                                              const StateChangeOptions& options,
                                                              const std::string& restore_point_id,
                                                              const operations::Progress& progress);

}  // namespace stateserver::restore_points
