// SPDX-License-Identifier: Apache-2.0
//
// The command `stateclient restore`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/operations/log.h"
#include "server/platform/postgres/pool.h"
#include "server/sqlmesh/restore_points/restore_points.h"

namespace stateserver::restore_points {

struct RestoreOptions {
  std::string gateway;
  std::string state_schema;
  std::string restore_point_id;
  std::string operation_id;
  absl::Duration lock_timeout = absl::Seconds(10);
  int restore_points_keep = 20;
  absl::Duration restore_points_max_age = absl::Hours(24 * 30);
};

struct RestoreOutcome {
  operations::OperationRecord operation;
  // Only the id is set if the operation id had succeeded before and the restore point no longer
  // exists.
  RestorePoint restored;
  // The restore point taken before the restore.
  std::string restore_point_id;
  // Restore points that were removed because they exceeded the limits.
  std::vector<std::string> removed;
};

using RestoreProgress = std::function<void(std::string_view step, int64_t done, int64_t total)>;

// Takes a restore point of the current state, then restores the requested one, in one transaction
// and as an operation.
absl::StatusOr<RestoreOutcome> RunRestore(postgres::Pool& pool, const CallContext& context,
                                          const RestoreOptions& options,
                                          const RestoreProgress& progress);

}  // namespace stateserver::restore_points
