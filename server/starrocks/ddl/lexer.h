// SPDX-License-Identifier: Apache-2.0
//
// The tokens of declarations, one statement at a time, and errors with their place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/lexer.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

using sql::Token;

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

// Splits SQL into tokens of sql::kStarRocks, without comments. Unlike the engine, declarations may
// contain comments `# …`. More than kMostStatementTokens tokens are an error.
Lexed Lex(std::string_view sql, std::string_view source);

// StatementLexer splits a file one statement at a time, so that only the tokens of one statement
// are in memory. `sql` and `source` must outlive it and its results.
class StatementLexer {
 public:
  StatementLexer(std::string_view sql, std::string_view source);

  // Returns the tokens up to and including the next semicolon, or up to the end, followed by kEnd.
  // After an error there is no more to read.
  Lexed Next();
  // Returns true if only white space and comments are left.
  bool AtEnd() const { return next_.kind == Token::Kind::kEnd; }

 private:
  void Advance();
  ParseError Failure(std::string_view expected) const;

  const std::string_view sql_;
  const std::string_view source_;
  sql::Lexer lexer_;
  Token next_;  // not a comment, except for one without its end
};

}  // namespace stateserver::schema
