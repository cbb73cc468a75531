// Compares two definitions of a table with the engine's own notion of equality.
#pragma once

#include "server/schema/compare/comparison.h"
#include "server/schema/model/engine.h"
#include "server/schema/model/object.h"

namespace stateserver::schema {

// `live` is what the engine printed, with its rollups; `declared` what somebody
// wrote. A table that was just made of its declaration has no differences.
Comparison CompareTables(const ObjectName& name, const Table& live, const Table& declared,
                         const Engine& engine);

}  // namespace stateserver::schema
