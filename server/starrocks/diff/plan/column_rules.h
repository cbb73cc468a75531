// SPDX-License-Identifier: Apache-2.0
//
// Changes that MODIFY COLUMN, ADD COLUMN and DROP COLUMN reject.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/starrocks/diff/plan/column_clauses.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

struct ColumnRefusal {
  std::string reason;  // the engine's reason
  std::string hint;
  bool rebuild = false;
};

// Return the reason for which the engine would reject the change, or nullopt if it would not.
// `table` and `wanted` are lookups of the tables of `work`.
std::optional<ColumnRefusal> RefuseModify(const TableWork& work, const ColumnLookup& table,
                                          const Column& from, const Column& to);
std::optional<ColumnRefusal> RefuseAdd(const TableWork& work, const Column& column);
std::optional<ColumnRefusal> RefuseDrop(const TableWork& work, const ColumnLookup& table,
                                        const ColumnLookup& wanted, const Column& column);

// Returns true if MODIFY COLUMN can convert the type, according to the engine's matrix.
bool Converts(const DataType& from, const DataType& to);

// Returns the ADD FIELD and DROP FIELD clauses that change `from` to `to`, if the common fields are
// the same and in the same order; otherwise nullopt.
std::optional<std::vector<ColumnClause>> FieldClauses(const Column& from, const Column& to);

// Records changes that the engine rejects, and removes them from `wanted`.
void RefuseColumns(TableWork* work);

}  // namespace stateserver::schema
