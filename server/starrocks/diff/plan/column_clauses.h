// SPDX-License-Identifier: Apache-2.0
//
// The column, field and index clauses of one table, and the rules for combining them in one
// statement.
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// ColumnLookup answers questions about the columns of one table, ignoring the case of names. It
// refers to the table, which must not change meanwhile. Construction takes time proportional to the
// table; every query takes constant or logarithmic time.
class ColumnLookup {
 public:
  explicit ColumnLookup(const Table& table);

  // Returns null if there is no such column.
  const Column* Find(const std::string& name) const;
  bool Has(const std::string& name) const { return Find(name) != nullptr; }
  // Return whether the column is a key, partition, distribution or sort column, or part of a
  // rollup.
  bool IsKey(const std::string& name) const { return Contains(keys_, name); }
  bool IsPartition(const std::string& name) const { return Contains(partition_words_, name); }
  bool IsDistribution(const std::string& name) const { return Contains(distribution_, name); }
  bool IsSort(const std::string& name) const { return Contains(sort_, name); }
  bool IsInRollup(const std::string& name) const { return Contains(rollups_, name); }
  // Returns the first generated column whose expression contains the name, or "".
  std::string Reader(const std::string& name) const;
  // Includes another column in the results of Reader.
  void AddReader(const Column& column);
  // Returns the columns that the expression contains, in the table's order.
  std::vector<std::string> ReadBy(const std::string& expression) const;

 private:
  static bool Contains(const std::set<std::string>& names, const std::string& name);

  const Table& table_;
  std::unordered_map<std::string, size_t> places_;        // by name in lower case
  std::unordered_map<std::string, std::string> readers_;  // by the names they read, in lower case
  std::set<std::string> keys_, partition_words_, distribution_, sort_, rollups_;
};

struct ColumnClause {
  enum class Kind { kDrop, kAdd, kModify, kAddField, kDropField, kDropIndex, kAddIndex };
  Kind kind = Kind::kAdd;
  std::string name;   // name of the column or the index
  std::string after;  // for kAdd and kModify: the preceding column; if empty, unchanged or last
  bool first = false;
  std::string text;  // as SQL
  bool instant = false;
  bool comes_back = false;  // for kDrop: a generated column that is added again
  // For kAdd and kModify, the column. For the last of several field clauses, the resulting column;
  // the other field clauses have a column with an empty name.
  Column column;
  Index index;                     // for kAddIndex
  std::vector<std::string> reads;  // columns that must exist before the statement
};

// Returns the clauses that produce the wanted columns and indexes, in execution order, and adds
// warnings. Call it after RefuseColumns.
std::vector<ColumnClause> ColumnClauses(TableWork* work);

}  // namespace stateserver::schema
