// SPDX-License-Identifier: Apache-2.0
//
// Comparison of two definitions of a view or a materialized view by the engine's own notion of
// equality.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/compare/compare_tables.h"
#include "server/starrocks/diff/compare/properties.h"
#include "server/starrocks/query/columns.h"

namespace stateserver::schema {

// Compare two definitions. `live` is printed by the engine, `declared` was written by a user. A
// view that was just created from its declaration has no differences. `source` has the columns of
// the relations that views read; it may be null.
Comparison CompareViews(const ObjectName& name, const View& live, const View& declared,
                        query::ColumnSource* source = nullptr);
Comparison CompareMaterializedViews(const ObjectName& name, const MaterializedView& live,
                                    const MaterializedView& declared, const Engine& engine,
                                    const PropertyScope& scope = {},
                                    query::ColumnSource* source = nullptr);

// Returns the value of an unset property of a materialized view, or nullopt if it is not known.
std::optional<std::string> DefaultViewProperty(std::string_view key);

}  // namespace stateserver::schema
