// Compares two definitions of a view or a materialized view with the engine's own
// notion of equality.
#pragma once

#include "server/schema/compare/comparison.h"
#include "server/schema/model/engine.h"
#include "server/schema/model/object.h"

namespace stateserver::schema {

// As CompareTables.
Comparison CompareViews(const ObjectName& name, const View& live, const View& declared);
Comparison CompareMaterializedViews(const ObjectName& name, const MaterializedView& live,
                                    const MaterializedView& declared, const Engine& engine);

}  // namespace stateserver::schema
