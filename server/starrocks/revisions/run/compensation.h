// SPDX-License-Identifier: Apache-2.0
//
// Which statements take back what a half-applied revision has done.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/revisions/run/plan.h"
#include "server/starrocks/revisions/run/step_runner.h"

namespace stateserver::revisions {

// Statements of the revision's downgrade, in its order, for those of `done`, the
// numbers of completed statements. Where the downgrade does not say what each
// undoes and is as long as the upgrade, it goes backwards through it.
// REVISION_IRREVERSIBLE where a completed statement has nothing to undo it.
absl::StatusOr<std::vector<NumberedStep>> CompensatingSteps(const Revision& revision,
                                                            const std::set<int>& done);

struct TakeBackOptions {
  Assume assume = Assume::kNothing;  // of statements whose outcome nothing tells
  const WarehouseLock& lock;
  const CallContext& call;
};

// The same for what an interrupted run left: asks the live schema about entries
// that are open, and waits for their jobs. REPAIR_NEEDED where nothing tells;
// REVISION_IRREVERSIBLE also for a downgrade that was begun.
absl::StatusOr<std::vector<NumberedStep>> StepsBack(const Revision& revision, Direction direction,
                                                    const std::vector<Entry>& entries,
                                                    Warehouse& warehouse,
                                                    const TakeBackOptions& options);

}  // namespace stateserver::revisions
