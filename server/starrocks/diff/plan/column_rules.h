// SPDX-License-Identifier: Apache-2.0
//
// Changes that MODIFY COLUMN, ADD COLUMN and DROP COLUMN reject.
#pragma once

#include <optional>
#include <vector>

#include "server/starrocks/diff/plan/column_clauses.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// Returns the ADD FIELD and DROP FIELD clauses that change `from` to `to`, if the common fields are
// the same and in the same order; otherwise nullopt.
std::optional<std::vector<ColumnClause>> FieldClauses(const Column& from, const Column& to);

// Records changes that the engine rejects, and removes them from `wanted`.
void RefuseColumns(TableWork* work);

}  // namespace stateserver::schema
