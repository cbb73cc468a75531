// SPDX-License-Identifier: Apache-2.0
//
// The statements that rename the columns of a table.
#pragma once

#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// Renames the columns that the options name, through a temporary name where names change places. A
// refused rename is undone in `wanted`.
void PlanRenames(TableWork* work);

}  // namespace stateserver::schema
