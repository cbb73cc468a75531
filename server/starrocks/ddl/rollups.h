// SPDX-License-Identifier: Apache-2.0
//
// Plain rollups in the engine's listing of materialized views.
#pragma once

#include <string_view>

namespace stateserver::schema {

// Returns true if the definition is the one that the engine makes up for a plain rollup `name` in
// information_schema.materialized_views: "create materialized view r as select a,SUM(b) from t
// group by a", or nothing. The definition of a synchronous materialized view is what its author
// wrote.
bool IsPlainRollup(std::string_view name, std::string_view definition);

}  // namespace stateserver::schema
