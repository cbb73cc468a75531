// SPDX-License-Identifier: Apache-2.0
//
// The tokens of one statement, and the first error in it.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/starrocks/ddl/lexer.h"

namespace stateserver::schema {

// TokenStream reads tokens one by one. Its parsing functions return false after an error; the first
// error is kept and the position is then unspecified. Words are compared without case; arguments
// are in upper case. Brackets and types nested deeper than kMostDepth are an error.
class TokenStream {
 public:
  // `tokens` ends with a kEnd; `sql` and `tokens` must outlive the stream.
  // `printed` is true for a statement printed by the engine, which quotes less than it needs.
  TokenStream(std::string_view sql, const std::vector<Token>& tokens, std::string_view source,
              bool printed = false)
      : sql_(sql), tokens_(tokens), source_(source), printed_(printed) {}

  const Token& Peek(size_t ahead = 0) const;
  const Token& Consume();
  size_t position() const { return at_; }
  bool AtEnd() const;  // at the end of the statement
  bool Finished() const { return tokens_[at_].kind == Token::Kind::kEnd; }

  bool IsWord(std::string_view upper, size_t ahead = 0) const;
  bool IsSymbol(std::string_view symbol, size_t ahead = 0) const;
  bool ConsumeWord(std::string_view upper);
  bool ConsumeWords(std::initializer_list<std::string_view> upper);  // consumes all or none
  bool ConsumeSymbol(std::string_view symbol);
  bool NeedWord(std::string_view upper);
  bool NeedSymbol(std::string_view symbol);
  // Parses a name of at most kMostNameBytes, either quoted or a word that is not reserved. `what`
  // describes it in messages.
  bool Name(std::string_view what, std::string* out);
  // Parses a word, reserved or not. Returns it in upper case.
  bool Word(std::string_view what, std::string* out);
  bool Text(std::string_view what, std::string* out);
  // Returns the next `count` tokens as written, as a name.
  bool Source(size_t count, std::string_view what, std::string* out);
  bool Integer(std::string_view what, int* out);  // accepts no negative number
  // Parses "(a, b)".
  bool Names(std::string_view what, std::vector<std::string>* out);
  // Parses an expression up to a comma, a closing bracket, one of `stops` or the end, with balanced
  // brackets. Returns its normalized text.
  bool Expression(std::string_view what, std::initializer_list<std::string_view> stops,
                  std::string* out);
  // Parses a name, or a name and its brackets: `f(a, b)`. Returns its normalized text.
  bool NameOrCall(std::string_view what, std::string* out);
  // Returns the text as written, from here to the end of the statement, except that comments and
  // white space which the engine does not know are replaced.
  bool Rest(std::string_view what, std::string* out);

  bool printed() const { return printed_; }
  // Records what was expected at the next token. Returns false.
  bool Fail(std::string_view expected);
  // Returns true if another item may be added to `count` items; otherwise fails with "at most LIMIT
  // WHAT".
  bool MayAdd(size_t count, size_t limit, std::string_view what);
  // Returns the counter of the parser's nesting depth, for DepthGuard.
  int* depth() { return &depth_; }
  bool FailTooDeep(size_t position);
  // Works like Fail at an earlier token.
  bool FailAt(size_t position, std::string_view expected);
  const std::optional<ParseError>& error() const { return error_; }
  SourcePlace Place() const;

 private:
  bool MoveOver(const Token& token, int* brackets);

  std::string_view sql_;
  const std::vector<Token>& tokens_;
  std::string source_;
  const bool printed_;
  size_t at_ = 0;
  int depth_ = 0;
  std::optional<ParseError> error_;
};

// Returns the tokens in one spelling: single spaces, texts in single quotes, names without
// unnecessary backticks.
std::string NormalText(const Token* begin, const Token* end);

// Returns true if the word is reserved and cannot be a name without backticks.
bool IsReserved(std::string_view word);

}  // namespace stateserver::schema
