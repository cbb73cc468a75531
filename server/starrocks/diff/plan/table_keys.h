// SPDX-License-Identifier: Apache-2.0
//
// The changes of the key and the sort key of a table.
#pragma once

#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// Refuses changes of the key that the engine rejects, and restores the key in `wanted`. Accepted
// changes are part of the statements about columns.
void PlanKey(TableWork* work);
// Plans the change of the sort key before the change of the columns, if it must come first: a
// column that leaves the sort key is dropped, or is changed in a primary key table.
void PlanEarlySortKey(TableWork* work);
// Plans the change of the sort key.
void PlanSortKey(TableWork* work);

}  // namespace stateserver::schema
