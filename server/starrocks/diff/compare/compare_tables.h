// SPDX-License-Identifier: Apache-2.0
//
// Compares two definitions of a table with the engine's own notion of equality.
#pragma once

#include "server/starrocks/ddl/model/engine.h"
#include "server/starrocks/ddl/model/object.h"
#include "server/starrocks/diff/compare/comparison.h"

namespace stateserver::schema {

// `live` is what the engine printed, with its rollups; `declared` what somebody
// wrote. A table that was just made of its declaration has no differences.
Comparison CompareTables(const ObjectName& name, const Table& live, const Table& declared,
                         const Engine& engine);

}  // namespace stateserver::schema
