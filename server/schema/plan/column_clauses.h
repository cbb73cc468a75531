// The column, field and index clauses of one table, and which of them may share
// a statement.
#pragma once

#include <string>
#include <vector>

#include "server/schema/plan/table_work.h"

namespace stateserver::schema {

struct ColumnClause {
  enum class Kind { kDrop, kAdd, kModify, kAddField, kDropField, kDropIndex, kAddIndex };
  Kind kind = Kind::kAdd;
  std::string name;   // the column's or the index's
  std::string after;  // of kAdd and kModify: the column before it; empty: where it is, or last
  bool first = false;
  std::string text;  // as SQL
  bool instant = false;
  Column column;                   // of kAdd and kModify, and what a field makes of it
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

// Whether the engine takes the clause in one ALTER with those before it.
bool Fits(const std::vector<ColumnClause>& statement, const ColumnClause& clause);

}  // namespace stateserver::schema
