// SPDX-License-Identifier: Apache-2.0
//
// The statements that writers may run.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/revisions/run/warehouse.h"

namespace stateserver::revisions {

// WriterClauses decides for the statements of a plan, in their order, whether a writer may run
// them. It is an allow-list: a statement is allowed if the planner's own parser understands all of
// it and every clause of it only creates or extends. docs/starrocks.md has the list. Only the text
// counts, because notes can be edited. Not thread-safe. Memory: the tokens of one statement, and
// the tables whose columns the plan modifies.
class WriterClauses {
 public:
  // `live` has the objects that the statements refer to, as they are before the first one. It must
  // outlive this object.
  explicit WriterClauses(const std::map<std::string, LiveObjectState>& live) : live_(live) {}

  // Returns nullopt if a writer may run the statement after those that were allowed before;
  // otherwise what needs an administrator, as a short phrase such as "DROP COLUMN".
  std::optional<std::string> WhyNot(std::string_view statement);

  // Returns true if it is certain that the MODIFY COLUMN keeps all values of the table's column:
  // its type gets wider or stays, and nothing changes except for the comment and for NOT NULL,
  // which may be removed. Then the following statements see the new column.
  bool Widen(const std::string& table, const schema::Column& column);

 private:
  // Returns null if there is no such table, or if its live form cannot be parsed.
  schema::Table* Find(const std::string& name);

  const std::map<std::string, LiveObjectState>& live_;
  std::map<std::string, std::optional<schema::Table>> tables_;
};

}  // namespace stateserver::revisions
