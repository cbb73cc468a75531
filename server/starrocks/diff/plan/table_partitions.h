// SPDX-License-Identifier: Apache-2.0
//
// The changes of the partitions of a table.
#pragma once

#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// Refuses a change of the partition scheme.
void PlanScheme(TableWork* work);
// With the option `partitions`, drops and adds listed partitions; without it, they are unmanaged.
// Comes last, because it deletes data.
void PlanPartitions(TableWork* work);

}  // namespace stateserver::schema
