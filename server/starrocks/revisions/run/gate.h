// SPDX-License-Identifier: Apache-2.0
//
// The check of the statements of a run before the first one is sent.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/work_meter.h"
#include "server/starrocks/revisions/run/plan.h"
#include "server/starrocks/revisions/run/step_runner.h"
#include "server/starrocks/revisions/run/surroundings.h"

namespace stateserver::revisions {

// Applies the statements that are still to be run, or that undo a part of a revision, to the
// objects around them. Returns STATEMENT_FAILED for the first that the engine would refuse, with
// its words, and errors of `meter`, which may be null. Adds a warning for each whose outcome is not
// known, and sets `plan->unapproved` if a destructive statement is before one of them. Runs whose
// last statement may or may not have been sent are not checked, nor are those after them.
absl::Status CheckRun(const Surroundings& around, RevisionRunPlan* plan,
                      WorkMeter* meter = nullptr);

// Checks the statements that undo a part of a revision, without those that `entries` has as undone.
// Returns STATEMENT_FAILED as CheckRun does. Sets `unapproved` as CheckRun does that of the plan.
absl::Status CheckUndo(const Surroundings& around, const Revision& revision,
                       const std::vector<NumberedStep>& steps,
                       const std::vector<JournalEntry>& entries, std::string* unapproved);

}  // namespace stateserver::revisions
