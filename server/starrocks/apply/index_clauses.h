// SPDX-License-Identifier: Apache-2.0
//
// Secondary indexes and bloom filters.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/verdict.h"

namespace stateserver::apply {

// Checks one index of a table.
Verdict CheckIndex(const schema::Index& index, const TableState& table);

// Checks that no two indexes of a new table have one name or cover the same columns.
Verdict CheckIndexNames(const std::vector<schema::Index>& indexes);

// Checks the value of bloom_filter_columns. Returns the columns sorted and in the table's spelling,
// separated by ", ", through `out`.
Verdict CheckBloomColumns(const TableState& table, const std::string& value, std::string* out);
Verdict CheckBloomRate(const std::string& value);

}  // namespace stateserver::apply
