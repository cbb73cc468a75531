// SPDX-License-Identifier: Apache-2.0
//
// Migration 81. SQLMesh removes the parentheses of every entry that begins with "(" and ends with
// ")". Newer releases read the list joined by commas inside additional parentheses, and accept a
// column, a call, a CASE or something in parentheses there, but no other expression. Therefore "(x
// % 4)" is unchanged here: without its parentheses no release could read the row again, and
// SQLMesh's own migration fails on it.
#include <algorithm>

#include "common/error.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"
#include "server/sqlmesh/migrations/steps/sql_lists.h"

namespace stateserver::migrations {
namespace {

bool IsWord(const SqlToken& token, std::string_view upper) {
  return token.kind == SqlToken::Kind::kWord && token.value.size() == upper.size() &&
         std::equal(upper.begin(), upper.end(), token.value.begin(),
                    [](char a, char b) { return a == (b >= 'a' && b <= 'z' ? b - 32 : b); });
}

// Returns true for CASE … END whose first CASE is closed by the last END.
bool IsCase(const std::vector<SqlToken>& tokens) {
  int open = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (IsWord(tokens[i], "CASE")) ++open;
    if (IsWord(tokens[i], "END")) --open;
    if (open == 0) return i > 0 && i + 1 == tokens.size();
  }
  return false;
}

bool IsCall(std::string_view sql, const std::vector<SqlToken>& tokens) {
  if (tokens.size() < 3 || tokens[0].kind != SqlToken::Kind::kWord) return false;
  return IsParenthesized(TrimmedSql(sql.substr(tokens[0].end())));
}

bool IsReadable(std::string_view sql) {
  std::vector<SqlToken> tokens = ScanSql(sql);
  if (tokens.size() == 1) return tokens[0].IsName();
  return IsParenthesized(sql) || IsCall(sql, tokens) || IsCase(tokens);
}

// Returns the entry without its parentheses, or "" to keep them.
std::string Unwrapped(const std::string& entry) {
  if (!IsParenthesized(entry)) return "";
  std::string_view inside = std::string_view(entry).substr(1, entry.size() - 2);
  std::vector<std::string_view> parts = SplitSqlList(inside);
  if (parts.empty() || !std::all_of(parts.begin(), parts.end(), IsReadable)) return "";
  return std::string(inside);
}

}  // namespace

absl::StatusOr<bool> UnwrapPartitions(SnapshotRow& row) {
  ASSIGN_OR_RETURN(Draft * entries, row.Array(row.node(), "partitioned_by", "node.partitioned_by"));
  if (entries == nullptr) return false;
  bool changed = false;
  for (Draft& entry : entries->items()) {
    if (!entry.IsString())
      return row.Corrupt("node.partitioned_by", "holds something other than texts");
    std::string bare = Unwrapped(entry.Text());
    if (bare.empty()) continue;
    entry.Become(Quoted(bare));
    changed = true;
  }
  return changed;
}

}  // namespace stateserver::migrations
