// SPDX-License-Identifier: Apache-2.0
//
// `stateclient restore`: the whole run.
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
  // Only its id where an earlier run is answered and the point is gone.
  RestorePoint restored;
  // The copy of the state as it was before.
  std::string restore_point_id;
  // Restore points that were over the limits.
  std::vector<std::string> removed;
};

using RestoreProgress = std::function<void(std::string_view step, int64_t done, int64_t total)>;

// Takes a restore point of the present, then brings the state back to the one
// asked for, in one transaction and as an operation.
absl::StatusOr<RestoreOutcome> RunRestore(postgres::Pool& pool, const CallContext& context,
                                          const RestoreOptions& options,
                                          const RestoreProgress& progress);

}  // namespace stateserver::restore_points
