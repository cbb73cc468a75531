// SPDX-License-Identifier: Apache-2.0
//
// The statements that add, change, drop and reorder the columns and indexes of a table.
#pragma once

#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// Combines the clauses of the change into as few statements as the engine accepts, and completes
// the order of the columns. Changes that the engine rejects are refused first.
void PlanColumns(TableWork* work);

}  // namespace stateserver::schema
