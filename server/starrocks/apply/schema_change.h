// SPDX-License-Identifier: Apache-2.0
//
// The clauses of ALTER TABLE that change the columns, the indexes or the sort key of a table. The
// engine judges all of them together: first each by itself, then one after the other on a copy of
// the table, then the result.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/statement.h"
#include "server/starrocks/apply/verdict.h"

namespace stateserver::apply {

// Change is the copy of a table that the clauses of one statement change.
struct Change {
  Change(std::string database, std::string name, const TableState& before)
      : database(std::move(database)), name(std::move(name)), before(before), after(before) {}

  const std::string database, name;
  const TableState& before;
  TableState after;
  std::set<std::string> dropped;   // in lower case
  std::set<std::string> modified;  // in lower case
  // Columns that this statement added, by name in lower case.
  std::map<std::string, schema::Column> added;
  // The old and the new definition of each modified column.
  std::vector<std::pair<schema::Column, schema::Column>> pairs;
  int fields = 0;  // clauses ADD FIELD and DROP FIELD so far
  // Old and new type of the first column whose fields changed.
  std::string field_column, field_from, field_to;

  // Returns the column as later clauses find it, or null: modified columns cannot be named again.
  schema::Column* Find(const std::string& name);
};

// Checks a clause by itself. Clauses of other kinds are kTaken.
Verdict AnalyzeClause(const Clause& clause, const TableState& table, const std::string& name);

// Applies a clause to the copy. `clauses` is the number of clauses of the statement.
Verdict ApplyClause(const Clause& clause, size_t clauses, Change* change);

// Checks the result of all clauses.
Verdict CheckResult(const Change& change);

// Returns true for a clause of this file.
bool ChangesSchema(const Clause& clause);

// Parts of ApplyClause.
Verdict ApplyAddColumns(const AddColumns& clause, Change* change);
Verdict ApplyDropColumn(const DropColumn& clause, Change* change);
Verdict ApplyModifyColumn(const ModifyColumn& clause, Change* change);
Verdict ApplyCommentColumn(const CommentColumn& clause, Change* change);
Verdict AnalyzeField(const ChangeField& clause, const TableState& table);
Verdict ApplyField(const ChangeField& clause, Change* change);
Verdict ApplyAddIndex(const AddIndex& clause, Change* change);
Verdict ApplyDropIndex(const DropIndex& clause, Change* change);
Verdict ApplyOrderBy(const OrderBy& clause, Change* change);

// Returns the refusal to change or drop a column that a synchronous materialized view needs.
Verdict CheckViewsOf(const TableState& table, const std::string& database, const std::string& name,
                     const std::string& column);

}  // namespace stateserver::apply
