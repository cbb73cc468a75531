// SPDX-License-Identifier: Apache-2.0
//
// What of a plan only an administrator may run.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/starrocks/revisions/run/plan.h"

namespace stateserver::revisions {

// A statement that anybody who may change a schema may run: it creates a table, a
// view or a materialized view, alters one without dropping or swapping anything,
// inserts into a table, or refreshes. The text alone decides: notes can be edited.
// Any other statement, one that cannot be read, and one with a hint is not plain.
bool IsPlainStatement(std::string_view statement);

// The first thing that destroys or takes back, in words; nullopt where there is
// none: a statement that is not plain, one that its notes call destructive or a
// rebuild, statements of a run that goes back.
std::optional<std::string> FindDestructive(const MigrationPlan& plan);

}  // namespace stateserver::revisions
