// SPDX-License-Identifier: Apache-2.0
//
// What MODIFY COLUMN, ADD COLUMN and DROP COLUMN refuse.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/starrocks/diff/plan/column_clauses.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

struct ColumnRefusal {
  std::string reason;  // the engine's
  std::string hint;
  bool rebuild = false;
};

// Why the engine would refuse; nothing where it would not.
// `table` and `wanted` look up in the tables of `work`.
std::optional<ColumnRefusal> RefuseModify(const TableWork& work, const ColumnLookup& table,
                                          const Column& from, const Column& to);
std::optional<ColumnRefusal> RefuseAdd(const TableWork& work, const Column& column);
std::optional<ColumnRefusal> RefuseDrop(const TableWork& work, const ColumnLookup& table,
                                        const ColumnLookup& wanted, const Column& column);

// Whether MODIFY COLUMN converts the type: the engine's matrix.
bool Converts(const DataType& from, const DataType& to);

// The ADD FIELD and DROP FIELD clauses that make `to` of a column, where fields
// that both have are the same and in the same order; nothing where they are not.
// `place` goes before the fields of a nested STRUCT.
std::optional<std::vector<ColumnClause>> FieldClauses(const Column& from, const Column& to);

}  // namespace stateserver::schema
