// SPDX-License-Identifier: Apache-2.0
//
// Comparison of two definitions of a view or a materialized view by the engine's own notion of
// equality.
#pragma once

#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/compare/compare_tables.h"

namespace stateserver::schema {

// Compare two definitions. `live` is printed by the engine, `declared` was written by a user. A
// view that was just created from its declaration has no differences.
Comparison CompareViews(const ObjectName& name, const View& live, const View& declared);
Comparison CompareMaterializedViews(const ObjectName& name, const MaterializedView& live,
                                    const MaterializedView& declared, const Engine& engine);

}  // namespace stateserver::schema
