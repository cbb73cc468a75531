// SPDX-License-Identifier: Apache-2.0
//
// The column, field and index clauses of one table, and which of them may share
// a statement.
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// Of one table, whatever the case of the names. Refers to the table, which neither changes nor goes
// while this is used. Made in time in proportion to the table; every question takes constant or
// logarithmic time.
class ColumnLookup {
 public:
  explicit ColumnLookup(const Table& table);

  // Null where there is none.
  const Column* Find(const std::string& name) const;
  bool Has(const std::string& name) const { return Find(name) != nullptr; }
  // Key, partition, distribution, sort columns, and those of rollups.
  bool IsKey(const std::string& name) const { return Contains(keys_, name); }
  bool IsPartition(const std::string& name) const { return Contains(partition_words_, name); }
  bool IsDistribution(const std::string& name) const { return Contains(distribution_, name); }
  bool IsSort(const std::string& name) const { return Contains(sort_, name); }
  bool IsInRollup(const std::string& name) const { return Contains(rollups_, name); }
  // The first generated column whose expression has the name; empty: none.
  std::string Reader(const std::string& name) const;
  // Takes the column for one of the table's when it comes to Reader.
  void AddReader(const Column& column);
  // Columns that the expression has, in the table's order.
  std::vector<std::string> ReadBy(const std::string& expression) const;

 private:
  static bool Contains(const std::set<std::string>& names, const std::string& name);

  const Table& table_;
  std::unordered_map<std::string, size_t> places_;        // by the name in lower case
  std::unordered_map<std::string, std::string> readers_;  // by what they read, in lower case
  std::set<std::string> keys_, partition_words_, distribution_, sort_, rollups_;
};

// The words and quoted names of an expression, in lower case.
std::set<std::string> WordsOf(const std::string& expression);

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
