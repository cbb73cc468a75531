// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/lexer.h"

#include <iterator>
#include <utility>

#include "common/text.h"
#include "common/utf8.h"
#include "server/starrocks/ddl/limits.h"

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

constexpr sql::Dialect DeclarationDialect() {
  sql::Dialect dialect = sql::kStarRocks;
  dialect.hash_comments = true;
  return dialect;
}

// Returns the limit as a phrase for messages.
std::string TooManyTokens() {
  return Cat("at most ", kMostStatementTokens, " tokens in one statement");
}

// Returns what was expected instead of a token with a fault.
std::string_view ExpectedFor(const Token& token) {
  switch (token.kind) {
    case Token::Kind::kComment:
      return "*/ at the end of the comment";
    case Token::Kind::kText:
      return "a quote at the end of the text";
    case Token::Kind::kQuotedName:
      return "a backtick at the end of the name";
    default:
      return "a word, a name, a text, a number or an operator";
  }
}

}  // namespace

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

StatementLexer::StatementLexer(std::string_view sql, std::string_view source)
    : sql_(sql), source_(source), lexer_(sql, DeclarationDialect()) {
  Advance();
}

Lexed StatementLexer::Next() {
  Lexed out;
  bool ended = false;
  while (!ended && !out.error && !AtEnd()) {
    if (out.tokens.size() == kMostStatementTokens) {
      out.error = Failure(TooManyTokens());
    } else if (next_.fault != Token::Fault::kNone) {
      out.error = Failure(ExpectedFor(next_));
    } else {
      ended = next_.IsSymbol(";");
      out.tokens.push_back(std::move(next_));
      Advance();
    }
  }
  // A comment belongs to the statement before it.
  if (ended && next_.kind == Token::Kind::kComment) out.error = Failure(ExpectedFor(next_));
  Token end;
  end.offset = next_.offset;
  end.line = next_.line;
  end.column = next_.column;
  out.tokens.push_back(std::move(end));
  if (out.error) next_ = Token();
  return out;
}

void StatementLexer::Advance() {
  do {
    next_ = lexer_.Next();
  } while (next_.kind == Token::Kind::kComment && next_.fault == Token::Fault::kNone);
}

// Returns an error at the next token.
ParseError StatementLexer::Failure(std::string_view expected) const {
  std::string_view line = sql_.substr(next_.offset, kMostShownBytes + 1);
  std::string found = Shown(line.substr(0, line.find('\n')));
  return {{std::string(source_), next_.line, next_.column}, found, std::string(expected)};
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
