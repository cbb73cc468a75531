// SPDX-License-Identifier: Apache-2.0
//
// Generated columns that a change drops and adds again.
#pragma once

#include <set>
#include <string>

#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// Returns the generated columns, in lower case, that the engine must compute again: their source
// changes or moves, which it does not accept while they exist, or their order changes, which no
// statement does. Empty if one of them cannot be dropped.
std::set<std::string> ColumnsToRecompute(const TableWork& work);

}  // namespace stateserver::schema
