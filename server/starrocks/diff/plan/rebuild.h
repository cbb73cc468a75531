// SPDX-License-Identifier: Apache-2.0
//
// A table built anew beside the old one, for what no ALTER does.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {

// Creates `declared` as NAME__new, copies the columns that both have, compares
// the counts, swaps, and keeps the old table as NAME__undo. `renames` are old
// and new names of columns. Where a column could not be filled there is a refusal
// instead.
void PlanRebuild(const Object& live, const Object& declared,
                 const std::vector<std::pair<std::string, std::string>>& renames, Plan* plan);

// The names that it makes for a table.
std::string ShadowName(const std::string& name);
std::string UndoName(const std::string& name);

}  // namespace stateserver::schema
