// SPDX-License-Identifier: Apache-2.0

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"
#include "server/sqlmesh/migrations/steps/sql_lists.h"

namespace stateserver::migrations {
namespace {

// Assignment is `name = sql` as written by SQLMesh; the name is empty if the text is not an
// assignment.
struct Assignment {
  std::string name;
  std::string_view sql;
};

// Returns the last part of a column's name, without its quotes.
std::string ColumnName(std::string_view text) {
  std::string name;
  std::vector<SqlToken> tokens = ScanSql(text);
  if (tokens.empty() || tokens.size() % 2 == 0) return "";
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (i % 2 == 0 ? !tokens[i].IsName() : !tokens[i].IsSymbol(".")) return "";
    if (i % 2 == 0) name = tokens[i].value;
  }
  return name;
}

Assignment ToAssignment(std::string_view item) {
  for (const SqlToken& token : ScanSql(item)) {
    if (token.depth != 0 || !token.IsSymbol("=")) continue;
    return {ColumnName(item.substr(0, token.offset)), TrimmedSql(item.substr(token.end()))};
  }
  return {};
}

// Returns a tuple's assignments as a JSON object, or "" for any other text.
std::string ToObject(const std::string& tuple) {
  std::string_view inside = TrimmedSql(tuple);
  if (!IsParenthesized(inside)) return "";
  inside = inside.substr(1, inside.size() - 2);
  Draft object("{}");
  for (std::string_view item : SplitSqlList(inside)) {
    Assignment assignment = ToAssignment(item);
    if (assignment.name.empty() || assignment.sql.empty()) return "";
    object.SetText(assignment.name, assignment.sql);
  }
  std::string out;
  object.Write(true, &out);
  return out;
}

}  // namespace

absl::StatusOr<bool> ChangeSignals(SnapshotRow& row) {
  ASSIGN_OR_RETURN(Draft * signals, row.Array(row.node(), "signals", "node.signals"));
  if (signals == nullptr) return false;
  std::string list;
  for (Draft& signal : signals->items()) {
    std::string object = signal.IsString() ? ToObject(signal.Text()) : "";
    if (object.empty()) {
      return row.Corrupt("node.signals",
                         Cat("holds ", signal.raw(), ", which is not a tuple of assignments"));
    }
    AppendTo(&list, list.empty() ? "[" : ", ", "[\"\", ", object, "]");
  }
  signals->Become(list + "]");
  return true;
}

}  // namespace stateserver::migrations
