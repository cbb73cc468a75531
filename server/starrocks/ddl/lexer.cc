// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/lexer.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/text.h"
#include "common/utf8.h"
#include "server/starrocks/ddl/limits.h"
#include "server/starrocks/ddl/token_stream.h"

namespace stateserver::schema {

std::string Shown(std::string_view text) {
  if (text.size() <= kMostShownBytes) return std::string(text);
  return Cat(TruncateUtf8(text, kMostShownBytes), "…");
}

std::string ParseError::Message() const {
  std::string what = found == "the end" ? found : Cat("`", found, "`");
  return Cat("found ", what, ", expected ", expected);
}

std::string ParseError::Text() const {
  return Cat(place.source, ":", place.line, ":", place.column, ": ", Message());
}

namespace {

// The engine's reserved words, as far as they can occur in declarations.
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
  // A call, or access to an element.
  bool name = left.kind == Token::Kind::kWord || left.kind == Token::Kind::kQuotedName;
  if (Is(right, "([") && (name || Is(left, ")]"))) return false;
  return true;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Includes letters of other alphabets.
bool IsWordChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

char Unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case '0':
      return '\0';
    default:
      return c;
  }
}

// Returns the limit as a phrase for messages.
std::string TooManyTokens() {
  return Cat("at most ", kMostStatementTokens, " tokens in one statement");
}

}  // namespace

bool IsReserved(std::string_view word) {
  std::string upper = Upper(word);
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

Token StatementLexer::Here() const {
  Token token;
  token.offset = at_;
  token.line = line_;
  token.column = Column();
  return token;
}

Lexed StatementLexer::Next() {
  Lexed out;
  bool ended = false;
  while (!ended && Skip() && at_ < sql_.size()) {
    Token token = Here();
    if (out.tokens.size() == kMostStatementTokens) {
      Fail(token, TooManyTokens());
      break;
    }
    if (!NextToken(&token)) break;
    token.source = sql_.substr(token.offset, at_ - token.offset);
    ended = token.kind == Token::Kind::kSymbol && token.value == ";";
    out.tokens.push_back(std::move(token));
  }
  if (ended) Skip();
  out.tokens.push_back(Here());
  out.error = std::move(error_);
  if (out.error) at_ = sql_.size();
  return out;
}

void StatementLexer::Advance() {
  if (sql_[at_++] != '\n') return;
  ++line_;
  line_start_ = at_;
}

bool StatementLexer::Fail(const Token& token, std::string_view expected) {
  std::string_view line = sql_.substr(token.offset, kMostShownBytes + 1);
  std::string found = Shown(line.substr(0, line.find('\n')));
  error_ =
      ParseError{{std::string(source_), token.line, token.column}, found, std::string(expected)};
  return false;
}

// Skips white space and comments. Returns false after an error.
bool StatementLexer::Skip() {
  while (at_ < sql_.size()) {
    char c = sql_[at_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      Advance();
    } else if (c == '#' || At("--")) {
      while (at_ < sql_.size() && sql_[at_] != '\n') ++at_;
    } else if (At("/*")) {
      if (!SkipBlock()) return false;
    } else {
      break;
    }
  }
  return true;
}

bool StatementLexer::SkipBlock() {
  size_t end = sql_.find("*/", at_ + 2);
  if (end == sql_.npos) return Fail(Here(), "*/ at the end of the comment");
  while (at_ < end + 2) Advance();
  return true;
}

bool StatementLexer::NextToken(Token* token) {
  char c = sql_[at_];
  if (c == '\'' || c == '"') return Quoted(token, Token::Kind::kText, c);
  if (c == '`') return Quoted(token, Token::Kind::kQuotedName, c);
  if (IsDigit(c) || (c == '.' && at_ + 1 < sql_.size() && IsDigit(sql_[at_ + 1]))) {
    return Number(token);
  }
  if (IsWordChar(c) || c == '@') return Word(token);
  return Symbol(token);
}

bool StatementLexer::Quoted(Token* token, Token::Kind kind, char quote) {
  token->kind = kind;
  Advance();
  while (at_ < sql_.size()) {
    char c = sql_[at_];
    if (c == quote) {
      Advance();
      if (at_ >= sql_.size() || sql_[at_] != quote) return true;
      // A doubled backtick is removed from the name, as in the engine.
      if (quote == '`') {
        Advance();
        continue;
      }
    } else if (c == '\\' && quote != '`' && at_ + 1 < sql_.size()) {
      Advance();
      c = Unescaped(sql_[at_]);
    }
    token->value.push_back(c);
    Advance();
  }
  return Fail(*token, kind == Token::Kind::kText ? "a quote at the end of the text"
                                                 : "a backtick at the end of the name");
}

bool StatementLexer::Number(Token* token) {
  token->kind = Token::Kind::kNumber;
  size_t begin = at_;
  bool exponent = false;
  for (; at_ < sql_.size(); ++at_) {
    char c = sql_[at_];
    bool sign =
        (c == '+' || c == '-') && exponent && (sql_[at_ - 1] == 'e' || sql_[at_ - 1] == 'E');
    if (!IsWordChar(c) && c != '.' && !sign) break;
    exponent = exponent || c == 'e' || c == 'E';
  }
  token->value = sql_.substr(begin, at_ - begin);
  // `1a` is a name in this engine.
  if (token->value.find_first_not_of("0123456789.eExX+-abcdfABCDF") != std::string::npos) {
    token->kind = Token::Kind::kWord;
  }
  return true;
}

bool StatementLexer::Word(Token* token) {
  token->kind = Token::Kind::kWord;
  size_t begin = at_++;
  while (at_ < sql_.size() && (IsWordChar(sql_[at_]) || sql_[at_] == '@')) ++at_;
  token->value = sql_.substr(begin, at_ - begin);
  return true;
}

bool StatementLexer::Symbol(Token* token) {
  token->kind = Token::Kind::kSymbol;
  for (std::string_view symbol :
       {"<=>", "->>", "<=", ">=", "<>", "!=", "||", "&&", "->", "::", ":="}) {
    if (!At(symbol)) continue;
    token->value = symbol;
    at_ += symbol.size();
    return true;
  }
  char c = sql_[at_];
  if (std::string_view("()[]{}<>,.;:=+-*/%!~&|^?").find(c) == std::string_view::npos) {
    return Fail(*token, "a word, a name, a text, a number or an operator");
  }
  token->value = std::string(1, c);
  ++at_;
  return true;
}

Lexed Lex(std::string_view sql, std::string_view source) {
  StatementLexer lexer(sql, source);
  Lexed out = lexer.Next();
  while (!out.error && !lexer.AtEnd()) {
    Lexed more = lexer.Next();
    out.tokens.pop_back();
    size_t total = out.tokens.size() + more.tokens.size();
    if (total > kMostStatementTokens + 1) {
      const Token& first = more.tokens.front();
      out.error = ParseError{
          {std::string(source), first.line, first.column}, Shown(first.source), TooManyTokens()};
      break;
    }
    std::move(more.tokens.begin(), more.tokens.end(), std::back_inserter(out.tokens));
    out.error = std::move(more.error);
  }
  return out;
}

}  // namespace stateserver::schema
