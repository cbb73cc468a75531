// SPDX-License-Identifier: Apache-2.0
//
// The changes of the properties of a table.
#pragma once

#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// Plans the changes of the properties, in an order that the engine accepts. Refuses properties that
// only CREATE sets, and resets of those without a known default.
void PlanProperties(TableWork* work);

}  // namespace stateserver::schema
