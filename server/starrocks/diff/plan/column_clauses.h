// SPDX-License-Identifier: Apache-2.0
//
// The column, field and index clauses of one table, and which of them may share
// a statement.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/diff/plan/table_work.h"

namespace stateserver::schema {

struct ColumnClause {
  enum class Kind { kDrop, kAdd, kModify, kAddField, kDropField, kDropIndex, kAddIndex };
  Kind kind = Kind::kAdd;
  std::string name;   // the column's or the index's
  std::string after;  // of kAdd and kModify: the column before it; empty: where it is, or last
  bool first = false;
  std::string text;  // as SQL
  bool instant = false;
  // Of kAdd and kModify; of the last of the fields' clauses: what they make of the column. The
  // others have none, and an empty name in it.
  Column column;
  Index index;                     // of kAddIndex
  std::vector<std::string> reads;  // columns that must be there before the statement
};

// Notes what the engine refuses, and takes it out of `wanted`.
void RefuseColumns(TableWork* work);

// The clauses that make the wanted columns and indexes, in the order in which
// they are to run; notes warnings. After RefuseColumns.
std::vector<ColumnClause> ColumnClauses(TableWork* work);

// What the clause makes of a table.
void Apply(const ColumnClause& clause, Table* table);

}  // namespace stateserver::schema
