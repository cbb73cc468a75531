// SPDX-License-Identifier: Apache-2.0
//
// `stateclient expired`: the whole run.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "server/sqlmesh/maintenance/change.h"
#include "server/sqlmesh/maintenance/delete_expired_rows.h"
#include "server/sqlmesh/maintenance/expired_plan.h"
#include "server/sqlmesh/maintenance/opening.h"

namespace stateserver::maintenance {

struct ExpiredOptions {
  ChangeOptions change;
  std::string environment;  // empty: everything
  std::string if_unchanged_since;
  int restore_points_keep = 20;
  absl::Duration restore_points_max_age = absl::Hours(24 * 30);
};

// As of one instant. Changes nothing and uses no operation id.
absl::StatusOr<ExpiredPlan> ListExpired(postgres::Pool& pool, const CallContext& context,
                                        const ExpiredOptions& options);

struct DeleteExpiredOutcome {
  operations::OperationRecord operation;
  // False where an earlier run is answered: then only the operation is known.
  bool ran = false;
  DeletedRows deleted;
  std::string restore_point_id;
};

// Operation "expired --delete", in one transaction: plans under the lock, hands
// the plan to `on_plan`, takes a restore point (unless nothing has expired), and
// deletes in statements of 1,000 snapshots. The record names the first 1,000
// physical tables that remain.
absl::StatusOr<DeleteExpiredOutcome> DeleteExpired(
    postgres::Pool& pool, const CallContext& context, const ExpiredOptions& options,
    const Progress& progress, const std::function<void(const ExpiredPlan&)>& on_plan);

}  // namespace stateserver::maintenance
