// SPDX-License-Identifier: Apache-2.0
//
// The check of the statements of a run before the first one is sent.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/revisions/run/plan.h"
#include "server/starrocks/revisions/run/step_runner.h"

namespace stateserver::revisions {

// Returns the objects that the queries of the statements read.
std::set<std::string> ReadByQueries(const std::vector<SqlStep>& steps);

// Returns the objects that the queries of the views read and that are not among `live`.
std::set<std::string> ReadByViews(const schema::LiveSchema& live);

// Applies the statements that are still to be run to `live`, which holds the objects that they name
// and those that their queries read. Returns STATEMENT_FAILED for the first that the engine would
// refuse, with its words. Adds a warning for each whose outcome is not known, and sets
// `plan->unapproved` if a destructive statement is before one of them. Runs whose last statement
// may or may not have been sent are not checked.
absl::Status CheckRun(const schema::LiveSchema& live, RevisionRunPlan* plan);

// Checks the statements that undo a part of a revision, without those that `entries` has as done.
// Returns STATEMENT_FAILED as CheckRun does.
absl::Status CheckUndo(const schema::LiveSchema& live, const Revision& revision,
                       const std::vector<NumberedStep>& steps,
                       const std::vector<JournalEntry>& entries);

}  // namespace stateserver::revisions
