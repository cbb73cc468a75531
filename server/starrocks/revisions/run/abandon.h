// SPDX-License-Identifier: Apache-2.0
//
// The end of an unfinished run without running its statements.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "server/starrocks/revisions/run/abandon_plan.h"
#include "server/starrocks/revisions/run/revision_run.h"

namespace stateserver::revisions {

// Ends the unfinished run as an operation under the warehouse's lock. Sends no statement but those
// that return alembic_version to the applied revisions; these, the objects of the journal and the
// live objects remain as they are. Of `request`, `kind`, `target`, `compensate`, `assume`,
// `timeout` and `allow_destructive` are unused. A revision file that is missing, edited or invalid
// is a warning of the plan. Returns errors of operations::Begin, WarehouseLock, PlanAbandon and
// CheckAbandonedVersionTable, and PLAN_CHANGED for a different plan digest; after any error the run
// is still unfinished.
absl::StatusOr<operations::Outcome<RunResult>> AbandonRun(
    const RunRequest& request, const CallContext& call,
    const std::function<void(const AbandonPlan&)>& on_plan);

}  // namespace stateserver::revisions
