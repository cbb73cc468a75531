// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/sql_lists.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"

namespace stateserver::migrations {
namespace {

// Every dialect writes texts and names with these quotes, and SQLMesh doubles the quotes in them.
constexpr sql::Dialect kStoredSql = {
    .text_quotes = "'", .name_quotes = "\"`", .inner_word_signs = "$"};

bool IsBracket(const sql::Token& token, std::string_view brackets) {
  return token.kind == sql::Token::Kind::kSymbol &&
         brackets.find(token.value) != std::string_view::npos;
}

}  // namespace

std::vector<SqlToken> ScanSql(std::string_view sql) {
  std::vector<SqlToken> tokens;
  sql::Lexer lexer(sql, kStoredSql);
  int depth = 0;
  for (sql::Token token = lexer.Next(); token.kind != sql::Token::Kind::kEnd;
       token = lexer.Next()) {
    if (token.kind == sql::Token::Kind::kComment) continue;
    if (IsBracket(token, ")]}")) --depth;
    int inside = IsBracket(token, "([{") ? 1 : 0;
    tokens.push_back({std::move(token), depth});
    depth += inside;
  }
  return tokens;
}

std::string_view TrimmedSql(std::string_view sql) {
  while (!sql.empty() && absl::ascii_isspace(static_cast<unsigned char>(sql.front()))) {
    sql.remove_prefix(1);
  }
  while (!sql.empty() && absl::ascii_isspace(static_cast<unsigned char>(sql.back()))) {
    sql.remove_suffix(1);
  }
  return sql;
}

bool IsParenthesized(std::string_view sql) {
  if (!sql.starts_with('(') || !sql.ends_with(')')) return false;
  std::vector<SqlToken> tokens = ScanSql(sql);
  if (tokens.size() < 2 || !tokens.back().IsSymbol(")") || tokens.back().depth != 0) return false;
  return std::all_of(tokens.begin() + 1, tokens.end() - 1,
                     [](const SqlToken& token) { return token.depth > 0; });
}

std::vector<std::string_view> SplitSqlList(std::string_view sql) {
  std::vector<std::string_view> parts;
  if (TrimmedSql(sql).empty()) return parts;
  size_t start = 0;
  for (const SqlToken& token : ScanSql(sql)) {
    if (token.depth != 0 || !token.IsSymbol(",")) continue;
    parts.push_back(TrimmedSql(sql.substr(start, token.offset - start)));
    start = token.end();
  }
  parts.push_back(TrimmedSql(sql.substr(start)));
  return parts;
}

}  // namespace stateserver::migrations
