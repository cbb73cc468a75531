// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/sql_scan.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace stateserver::migrations {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsWordStart(char c) {
  auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || byte >= 0x80;
}
bool IsWordPart(char c) { return IsWordStart(c) || absl::ascii_isdigit(c) || c == '$'; }

class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  std::vector<SqlToken> Scan() {
    while (at_ < sql_.size()) {
      char c = sql_[at_];
      if (IsSpace(c)) {
        ++at_;
      } else if (!SkipComment()) {
        Token(c);
      }
    }
    return std::move(tokens_);
  }

 private:
  bool SkipComment() {
    std::string_view rest = sql_.substr(at_);
    if (rest.starts_with("--")) return SkipPast("\n");
    if (rest.starts_with("/*")) return SkipPast("*/");
    return false;
  }

  bool SkipPast(std::string_view end) {
    size_t found = sql_.find(end, at_ + 2);
    at_ = found == std::string_view::npos ? sql_.size() : found + end.size();
    return true;
  }

  void Token(char c) {
    if (c == '\'') {
      Quoted(c, SqlToken::kString);
    } else if (c == '"' || c == '`') {
      Quoted(c, SqlToken::kQuotedName);
    } else if (absl::ascii_isdigit(c)) {
      While([](char x) { return IsWordPart(x) || x == '.'; }, SqlToken::kNumber);
    } else if (IsWordStart(c)) {
      While(IsWordPart, SqlToken::kWord);
    } else {
      Symbol(c);
    }
  }

  void Add(SqlToken::Kind kind, size_t end) {
    tokens_.push_back({kind, sql_.substr(at_, end - at_), depth_});
    at_ = end;
  }

  template <typename Belongs>
  void While(Belongs belongs, SqlToken::Kind kind) {
    size_t end = at_ + 1;
    while (end < sql_.size() && belongs(sql_[end])) ++end;
    Add(kind, end);
  }

  // A doubled quote does not end the text.
  void Quoted(char quote, SqlToken::Kind kind) {
    size_t end = at_ + 1;
    while (end < sql_.size()) {
      if (sql_[end] == quote) {
        if (end + 1 == sql_.size() || sql_[end + 1] != quote) break;
        ++end;
      }
      ++end;
    }
    Add(kind, std::min(end + 1, sql_.size()));
  }

  void Symbol(char c) {
    if (c == ')' || c == ']' || c == '}') --depth_;
    Add(SqlToken::kSymbol, at_ + 1);
    if (c == '(' || c == '[' || c == '{') ++depth_;
  }

  std::string_view sql_;
  size_t at_ = 0;
  int depth_ = 0;
  std::vector<SqlToken> tokens_;
};

}  // namespace

std::vector<SqlToken> ScanSql(std::string_view sql) { return Scanner(sql).Scan(); }

std::string UnquotedName(const SqlToken& token) {
  if (token.kind != SqlToken::kQuotedName) return std::string(token.text);
  std::string name;
  for (size_t i = 1; i + 1 < token.text.size(); ++i) {
    name.push_back(token.text[i]);
    if (token.text[i] == token.text.front()) ++i;
  }
  return name;
}

std::string_view TrimmedSql(std::string_view sql) {
  while (!sql.empty() && IsSpace(sql.front())) sql.remove_prefix(1);
  while (!sql.empty() && IsSpace(sql.back())) sql.remove_suffix(1);
  return sql;
}

bool IsParenthesized(std::string_view sql) {
  if (!sql.starts_with('(') || !sql.ends_with(')')) return false;
  std::vector<SqlToken> tokens = ScanSql(sql);
  if (tokens.size() < 2 || tokens.back().text != ")" || tokens.back().depth != 0) return false;
  return std::all_of(tokens.begin() + 1, tokens.end() - 1,
                     [](const SqlToken& token) { return token.depth > 0; });
}

std::vector<std::string_view> SplitSqlList(std::string_view sql) {
  std::vector<std::string_view> parts;
  if (TrimmedSql(sql).empty()) return parts;
  size_t start = 0;
  for (const SqlToken& token : ScanSql(sql)) {
    if (token.depth != 0 || token.text != ",") continue;
    size_t comma = static_cast<size_t>(token.text.data() - sql.data());
    parts.push_back(TrimmedSql(sql.substr(start, comma - start)));
    start = comma + 1;
  }
  parts.push_back(TrimmedSql(sql.substr(start)));
  return parts;
}

}  // namespace stateserver::migrations
