// SPDX-License-Identifier: Apache-2.0
//
// Rebuilding of a table, for changes that no ALTER supports.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {

// Plans a rebuild: creates `declared` as NAME__new, copies the common columns, compares the counts,
// swaps, and keeps the old table as NAME__undo. `renames` are old and new names of columns. Adds a
// refusal instead if a column could not be filled.
void PlanRebuild(const Object& live, const Object& declared,
                 const std::vector<std::pair<std::string, std::string>>& renames, Plan* plan);

// Return the names that a rebuild uses.
std::string ShadowName(const std::string& name);
std::string UndoName(const std::string& name);

}  // namespace stateserver::schema
