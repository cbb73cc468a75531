// SPDX-License-Identifier: Apache-2.0
//
// Changes inside a STRUCT column.
#pragma once

#include <optional>
#include <vector>

#include "server/starrocks/diff/plan/column_clauses.h"

namespace stateserver::schema {

// The ADD FIELD and DROP FIELD clauses that make `to` of a column, where fields
// that both have are the same and in the same order; nothing where they are not.
// `place` goes before the fields of a nested STRUCT.
std::optional<std::vector<ColumnClause>> FieldClauses(const Column& from, const Column& to);

}  // namespace stateserver::schema
