// SPDX-License-Identifier: Apache-2.0
//
// Statements that the engine would refuse, as far as the names of objects tell.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "server/starrocks/revisions/run/plan.h"

namespace stateserver::revisions {

// Which objects are there, as the statements of a plan go by.
struct Presence {
  std::map<std::string, bool> live;
};

// STATEMENT_FAILED for a CREATE of what is there, or an ALTER, DROP or INSERT of
// what is not. Statements that an earlier run has done are not looked at.
absl::Status CheckFeasible(const PlannedRun& run, Presence* presence);

}  // namespace stateserver::revisions
