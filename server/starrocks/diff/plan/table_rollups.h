// SPDX-License-Identifier: Apache-2.0
//
// The changes of the rollups of a table.
#pragma once

#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// Drops rollups that are not declared or that have other columns.
void PlanDroppedRollups(TableWork* work);
// Adds the missing ones in one statement.
void PlanAddedRollups(TableWork* work);

}  // namespace stateserver::schema
