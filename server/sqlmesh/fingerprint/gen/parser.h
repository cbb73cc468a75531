// SPDX-License-Identifier: Apache-2.0
//
// A parser of expressions with sqlglot's precedences, for the part of the grammar whose gen() is
// proven. It produces the gen text directly, without a tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/sqlmesh/fingerprint/gen/gen.h"
#include "server/sqlmesh/fingerprint/gen/tokens.h"

namespace stateserver::fingerprint {

// ExpressionParser parses one source text. Every parsing function appends to a text, and returns
// false if something has no rule; `problem()` then holds the reason and the position is
// unspecified.
class ExpressionParser {
 public:
  // The dialect of `options` must be known. `source` must outlive the parser.
  ExpressionParser(std::string_view source, const GenOptions& options);

  bool ok() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }

  bool Expression(std::string* out);  // OR and everything that binds tighter
  bool Equality(std::string* out);    // = <> and tighter
  bool Comparison(std::string* out);  // < > <= >= and tighter
  // Parses an expression, or one with AS and a name.
  bool Aliased(std::string* out);
  // Parses comma-separated expressions up to and including `close`.
  bool List(std::string_view close, std::vector<std::string>* out);

  bool AtEnd() const { return Peek().kind == Token::kEnd; }
  bool IsOperator(std::string_view text, int ahead = 0) const;
  bool IsWord(std::string_view upper, int ahead = 0) const;
  bool ConsumeOperator(std::string_view text);
  bool ConsumeWord(std::string_view upper);
  bool NeedOperator(std::string_view text);
  const Token& Peek(int ahead = 0) const;
  const Token& Consume() { return tokens_[at_++]; }
  bool Fail(std::string problem);
  bool FailHere();
  // Parses the name of a column, in the form that the options require.
  bool Identifier(std::string* out);

 private:
  bool Conjunction(std::string* out);
  bool Range(std::string* out);
  bool RangeTail(bool negated, std::string* left, bool* found);
  bool IsTail(std::string* left);
  bool Bitwise(std::string* out);
  bool Term(std::string* out);
  bool Factor(std::string* out);
  bool Unary(std::string* out);
  bool Casted(std::string* out);
  bool Primary(std::string* out);
  bool Parenthesis(std::string* out);
  bool Array(std::string* out);
  bool Macro(std::string* out);
  bool Word(std::string* out);
  bool Column(std::string* out);
  bool Interval(std::string* out);
  bool Case(std::string* out);
  bool Cast(std::string_view form, std::string* out);
  bool TypeRule(std::string_view form, std::string_view type, std::string_view value,
                std::string* out);
  bool Call(std::string* out);
  bool CallRule(const std::string& name, const std::vector<std::string>& arguments,
                const std::vector<const Token*>& single, std::string* out);
  bool ReadArguments(std::vector<std::string>* arguments, std::vector<const Token*>* single);

  std::string_view source_;
  GenOptions options_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
  std::string problem_;
};

}  // namespace stateserver::fingerprint
