// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/parse/token_text.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "server/starrocks/ddl/parse/token_stream.h"

namespace stateserver::schema {
namespace {

// The engine's reserved words, as far as declarations can meet them.
constexpr std::array kReserved = {
    "ADD",
    "ALL",
    "ALTER",
    "AND",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "COLUMN",
    "CREATE",
    "CROSS",
    "CURRENT_TIMESTAMP",
    "DATABASE",
    "DEFAULT",
    "DELETE",
    "DESC",
    "DISTINCT",
    "DROP",
    "ELSE",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "FALSE",
    "FOR",
    "FROM",
    "FULL",
    "GRANT",
    "GROUP",
    "HAVING",
    "IN",
    "INDEX",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "JOIN",
    "KEY",
    "LEFT",
    "LIKE",
    "LIMIT",
    "MAXVALUE",
    "NOT",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "PARTITION",
    "PRIMARY",
    "REPLACE",
    "REVOKE",
    "RIGHT",
    "SELECT",
    "SET",
    "SHOW",
    "TABLE",
    "THEN",
    "TO",
    "TRUE",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USE",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
};

bool IsPlainName(std::string_view name) {
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name.front()))) return false;
  return !IsReserved(name) && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c >= 0x80;
  });
}

std::string Normal(const Token& token) {
  switch (token.kind) {
    case Token::Kind::kText:
      return QuoteText(token.value, '\'');
    case Token::Kind::kQuotedName:
      return IsPlainName(token.value) ? token.value : QuoteName(token.value);
    default:
      return token.value;
  }
}

bool Is(const Token& token, std::string_view symbols) {
  return token.kind == Token::Kind::kSymbol && token.value.size() == 1 &&
         symbols.find(token.value[0]) != std::string_view::npos;
}

bool SpaceBetween(const Token& left, const Token& right) {
  if (Is(right, ",).]}") || Is(left, "(.[{")) return false;
  // A call, an element.
  bool name = left.kind == Token::Kind::kWord || left.kind == Token::Kind::kQuotedName;
  if (Is(right, "([") && (name || Is(left, ")]"))) return false;
  return true;
}

}  // namespace

bool IsReserved(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) c = absl::ascii_toupper(static_cast<unsigned char>(c));
  return std::find(kReserved.begin(), kReserved.end(), upper) != kReserved.end();
}

std::string NormalText(const Token* begin, const Token* end) {
  std::string text;
  for (const Token* token = begin; token != end; ++token) {
    if (token != begin && SpaceBetween(token[-1], *token)) text.push_back(' ');
    text.append(Normal(*token));
  }
  return text;
}

std::string QuoteName(std::string_view name) {
  std::string text = "`";
  return text.append(name).append("`");
}

std::string QuoteText(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == '\n') {
      out.append("\\n");
      continue;
    }
    if (c == quote || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back(quote);
  return out;
}

}  // namespace stateserver::schema
