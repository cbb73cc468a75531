// SPDX-License-Identifier: Apache-2.0
//
// Cuts SQL into tokens.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/starrocks/ddl/parse/parse_error.h"
#include "server/starrocks/ddl/parse/token.h"

namespace stateserver::schema {

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
