// SPDX-License-Identifier: Apache-2.0
//
// Attributes of a live schema that models leave unmanaged.
#pragma once

#include <vector>

#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {

// Completes objects declared by models with what models cannot express, as it is in the live
// schema, so that a plan does not remove it. Returns what was added, and the synchronous
// materialized views, which a plan must not drop.
std::vector<Unmanaged> KeepWhatModelsLack(const LiveSchema& live, std::vector<Object>* declared);

}  // namespace stateserver::schema
