// Which statements take back what a half-applied revision has done.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "server/revisions/run/plan.h"
#include "server/revisions/run/step_runner.h"

namespace stateserver::revisions {

// Statements of the revision's downgrade, in its order, for those of `done`, the
// numbers of completed statements. Where the downgrade does not say what each
// undoes and is as long as the upgrade, it goes backwards through it.
// REVISION_IRREVERSIBLE where a completed statement has nothing to undo it.
absl::StatusOr<std::vector<NumberedStep>> CompensatingSteps(const Revision& revision,
                                                            const std::set<int>& done);

}  // namespace stateserver::revisions
