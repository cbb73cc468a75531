// SPDX-License-Identifier: Apache-2.0
//
// The tokens of one statement, and the first thing that is wrong with it.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/starrocks/ddl/lexer.h"

namespace stateserver::schema {

// Parsing functions answer false once something is wrong; the first failure is
// kept, and the position is then of no use any more. Words compare without
// regard to case and are given in upper case. Brackets and types that nest deeper
// than kMostDepth are a failure.
class TokenStream {
 public:
  // `tokens` ends with a kEnd; `sql` and `tokens` outlive the stream.
  TokenStream(std::string_view sql, const std::vector<Token>& tokens, std::string_view source)
      : sql_(sql), tokens_(tokens), source_(source) {}

  const Token& Peek(size_t ahead = 0) const;
  const Token& Consume();
  size_t position() const { return at_; }
  bool AtEnd() const;  // of the statement
  bool Finished() const { return tokens_[at_].kind == Token::Kind::kEnd; }

  bool IsWord(std::string_view upper, size_t ahead = 0) const;
  bool IsSymbol(std::string_view symbol, size_t ahead = 0) const;
  bool ConsumeWord(std::string_view upper);
  bool ConsumeWords(std::initializer_list<std::string_view> upper);  // all or none
  bool ConsumeSymbol(std::string_view symbol);
  bool NeedWord(std::string_view upper);
  bool NeedSymbol(std::string_view symbol);
  // A name, quoted or a word that is not reserved, of at most kMostNameBytes. `what` it names.
  bool Name(std::string_view what, std::string* out);
  bool Text(std::string_view what, std::string* out);
  bool Integer(std::string_view what, int* out);  // not negative
  // "(a, b)".
  bool Names(std::string_view what, std::vector<std::string>* out);
  // Takes an expression up to a comma, a closing bracket, one of `stops` or the
  // end, brackets in it balanced; its normal text.
  bool Expression(std::string_view what, std::initializer_list<std::string_view> stops,
                  std::string* out);
  // A name, or a name and its brackets: `f(a, b)`; its normal text.
  bool NameOrCall(std::string_view what, std::string* out);
  // As written, from here to the end of the statement.
  bool Rest(std::string_view what, std::string* out);

  // Notes what was expected at the next token. False.
  bool Fail(std::string_view expected);
  // Whether one more may be added to `count` items; fails with "at most LIMIT WHAT".
  bool MayAdd(size_t count, size_t limit, std::string_view what);
  // The levels that the parser is inside of; for DepthGuard.
  int* depth() { return &depth_; }
  bool FailTooDeep(size_t position);
  // The same at an earlier token.
  bool FailAt(size_t position, std::string_view expected);
  const std::optional<ParseError>& error() const { return error_; }
  SourcePlace Place() const;

 private:
  bool MoveOver(const Token& token, int* brackets);

  std::string_view sql_;
  const std::vector<Token>& tokens_;
  std::string source_;
  size_t at_ = 0;
  int depth_ = 0;
  std::optional<ParseError> error_;
};

// The tokens in one spelling: one space where there may be one, texts in single
// quotes, names without needless backticks.
std::string NormalText(const Token* begin, const Token* end);

// Whether a word stands for itself only, and so is no name without backticks.
bool IsReserved(std::string_view word);

}  // namespace stateserver::schema
