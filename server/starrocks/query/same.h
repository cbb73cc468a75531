// SPDX-License-Identifier: Apache-2.0
//
// Comparison of queries.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/starrocks/query/columns.h"

namespace stateserver::schema::query {

// Returns true if the engine prints `declared` as `live`: both are rewritten and resolved, and what
// the engine adds, such as types of array literals, may be missing in `declared`. Returns nullopt
// if one of them cannot be parsed. `source` may be null.
std::optional<bool> IsPrintedAs(std::string_view live, std::string_view declared,
                                const std::string& database, ColumnSource* source);

}  // namespace stateserver::schema::query
