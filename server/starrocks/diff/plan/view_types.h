// SPDX-License-Identifier: Apache-2.0
//
// Changes of the column types of views that follow from changed types of the columns they read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// Retyped maps columns, in lower case, to their types before and after; nullopt if unknown.
using Retyped = std::map<std::string, std::optional<std::pair<DataType, DataType>>>;

// Returns the columns of a table that have another type afterwards.
Retyped RetypedColumns(const Table& before, const Table& after);

// Returns the columns of a view whose types change, or may change, if the columns `changed` of the
// relations that its query reads change. `columns` are the view's columns; if empty, the query's.
// The engine activates a materialized view only if the result is empty.
Retyped RetypedOutputs(const std::string& query, const std::vector<ViewColumn>& columns,
                       const Retyped& changed);

}  // namespace stateserver::schema
