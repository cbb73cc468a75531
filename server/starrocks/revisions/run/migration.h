// SPDX-License-Identifier: Apache-2.0
//
// Applying revisions and taking them back: the whole run.
#pragma once

#include "absl/status/statusor.h"
#include "server/starrocks/revisions/run/request.h"

namespace stateserver::revisions {

// Under the warehouse's lock and as an operation: finishes what an earlier run
// left, goes to the target, revision by revision. The last revision and the
// operation's success are one transaction.
// Errors: those of operations::Begin, WarehouseLock, MakeMigrationPlan,
// CheckVersionTable and StepRunner; PLAN_CHANGED for another plan digest. Whatever
// happens, the next run goes on from where things stand.
absl::StatusOr<RunOutcome> RunMigration(const RunRequest& request, const CallContext& call,
                                        const RunCallbacks& callbacks);

}  // namespace stateserver::revisions
