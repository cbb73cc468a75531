// SPDX-License-Identifier: Apache-2.0
//
// Tokens of StarRocks SQL.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

struct Token {
  enum class Kind { kWord, kQuotedName, kText, kNumber, kSymbol, kEnd };
  Kind kind = Kind::kEnd;
  // The value: a name without its backticks, a text without quotes and escapes.
  std::string value;
  std::string_view source;  // as written
  size_t offset = 0;        // offset of the first byte
  int line = 1;
  int column = 1;
};

// Maximum bytes of external text that a message quotes.
inline constexpr size_t kMostShownBytes = 40;

// Returns the text, or its start up to a whole character followed by "…" if it is longer.
std::string Shown(std::string_view text);

struct ParseError {
  SourcePlace place;
  std::string found;     // the token as returned by Shown; "the end" at the end
  std::string expected;  // a phrase such as "a column's type"

  // Returns "found `DISTRIBUTD`, expected PARTITION BY, …".
  std::string Message() const;
  // Returns "tables.sql:3:14: found `DISTRIBUTD`, expected PARTITION BY, …".
  std::string Text() const;
};

// Returns the name in backticks. A name never contains a backtick.
std::string QuoteName(std::string_view name);

// Returns the text in `quote`s, with backslash escapes for the quote, backslashes and line ends.
std::string QuoteText(std::string_view text, char quote = '"');

// Lexed holds the tokens of a text.
struct Lexed {
  // The last token has kind kEnd. The views refer to `sql`.
  std::vector<Token> tokens;
  // Set if part of the text is not a token: a text, name or comment without its end, or a byte that
  // begins no token. `tokens` ends before it.
  std::optional<ParseError> error;
};

// Splits SQL into tokens. Omits white space and comments `-- …`, `# …` and `/* … */`. Texts are in
// '' or "", with backslash escapes and doubled quotes. Names in backticks contain no backtick: a
// doubled one is removed, as in the engine. More than kMostStatementTokens tokens are an error.
Lexed Lex(std::string_view sql, std::string_view source);

// StatementLexer splits a file one statement at a time, so that only the tokens of one statement
// are in memory. `sql` and `source` must outlive it and its results.
class StatementLexer {
 public:
  StatementLexer(std::string_view sql, std::string_view source) : sql_(sql), source_(source) {}

  // Returns the tokens up to and including the next semicolon, or up to the end, followed by kEnd.
  // After an error there is no more to read.
  Lexed Next();
  // Returns true if only white space and comments are left.
  bool AtEnd() const { return at_ >= sql_.size(); }

 private:
  int Column() const { return static_cast<int>(at_ - line_start_) + 1; }
  bool At(std::string_view text) const { return sql_.substr(at_).starts_with(text); }
  void Advance();
  bool Fail(const Token& token, std::string_view expected);
  bool Skip();
  bool SkipBlock();
  bool NextToken(Token* token);
  bool Quoted(Token* token, Token::Kind kind, char quote);
  bool Number(Token* token);
  bool Word(Token* token);
  bool Symbol(Token* token);
  Token Here() const;

  const std::string_view sql_;
  const std::string_view source_;
  size_t at_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
  std::optional<ParseError> error_;
};

}  // namespace stateserver::schema
