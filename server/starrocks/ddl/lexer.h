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
  size_t offset = 0;        // of the first byte
  int line = 1;
  int column = 1;
};

// A message quotes at most this much of a text from outside.
inline constexpr size_t kMostShownBytes = 40;

// The text, cut behind a whole character with "…" where it is longer.
std::string Shown(std::string_view text);

struct ParseError {
  SourcePlace place;
  std::string found;     // the token, as Shown; "the end" at the end
  std::string expected;  // in words: "a column's type"

  // "found `DISTRIBUTD`, expected PARTITION BY, …".
  std::string Message() const;
  // "tables.sql:3:14: found `DISTRIBUTD`, expected PARTITION BY, …".
  std::string Text() const;
};

// In backticks. A name holds none.
std::string QuoteName(std::string_view name);

// In `quote`s, with backslash escapes for it, backslashes and line ends.
std::string QuoteText(std::string_view text, char quote = '"');

// Cuts SQL into tokens.

struct Lexed {
  // Ends with a token of kind kEnd. The views are into `sql`.
  std::vector<Token> tokens;
  // Tokens end before it. What cannot be cut: a text, a name or a comment
  // without its end, a byte that no token begins with.
  std::optional<ParseError> error;
};

// Comments `-- …`, `# …` and `/* … */` and white space are left out. Texts are
// in '' or "", with backslash escapes and doubled quotes. Names in backticks
// hold no backtick: a doubled one disappears, as in the engine. More than
// kMostStatementTokens tokens are an error.
Lexed Lex(std::string_view sql, std::string_view source);

// Cuts a file one statement at a time, so that only the tokens of one statement
// are in memory. `sql` and `source` outlive it and what it returns.
class StatementLexer {
 public:
  StatementLexer(std::string_view sql, std::string_view source) : sql_(sql), source_(source) {}

  // The tokens up to the next semicolon, which is the last but one of them, or up to the
  // end. After an error there is no more to read.
  Lexed Next();
  // Nothing but white space and comments is left.
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
