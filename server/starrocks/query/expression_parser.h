// SPDX-License-Identifier: Apache-2.0
//
// The parser of expressions in queries.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "server/starrocks/ddl/token_stream.h"
#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

// Subqueries reads the queries inside expressions.
class Subqueries {
 public:
  virtual ~Subqueries() = default;
  // Return null after an error.
  virtual NodePtr ReadQuery() = 0;
  // Reads the rest of a query after its first part, which was in brackets.
  virtual NodePtr ReadQueryAfter(NodePtr first) = 0;
};

// Precedence of operators; higher binds tighter.
struct Precedence {
  static constexpr int kAny = 0, kOr = 10, kAnd = 20, kNot = 30, kPredicate = 40, kRange = 45,
                       kShift = 50, kBitOr = 60, kBitAnd = 70, kSum = 80, kProduct = 90,
                       kPower = 100;
};

// Returns the precedence of an operator between two operands (in upper case), or 0 for other texts.
int PrecedenceOf(std::string_view upper);

// ExpressionParser reads expressions with a table of operators and a table of special forms. Its
// functions return null after an error, which the stream holds.
class ExpressionParser {
 public:
  // Both arguments must outlive the parser.
  ExpressionParser(TokenStream* in, Subqueries* subqueries) : in_(*in), subqueries_(*subqueries) {}

  NodePtr Expression() { return Operators(Precedence::kAny); }
  // Reads an item of SELECT, which may also be `*` or `t.*`.
  NodePtr ItemExpression();
  // Read the list after ORDER BY, and a list of expressions.
  NodePtr SortKeys();
  NodePtr List();
  // Reads a call, whose name was read.
  NodePtr Call(NodePtr call);
  // Reads `a.b.c`. Any word may follow a dot.
  NodePtr QualifiedName(std::string_view what);

  // Returns true before SELECT, WITH and VALUES.
  bool AtQuery() const;
  // Returns true before UNION, EXCEPT, … or the clauses that follow a query in brackets.
  bool AtRestOfQuery() const;

 private:
  // Form reads a special form, whose first word was consumed.
  using Form = NodePtr (ExpressionParser::*)(std::string_view upper);
  struct SpecialForm {
    std::string_view word;
    std::string_view next;  // symbols of which one must follow; "'" stands for a text
    Form form;
  };
  static const SpecialForm kForms[];

  NodePtr Operators(int least);
  NodePtr Prefix();
  NodePtr Postfix(NodePtr value);
  NodePtr Suffix(NodePtr value);
  bool Wrap();
  NodePtr Primary();
  NodePtr Word();
  NodePtr Predicate(NodePtr value);
  NodePtr In(NodePtr value);
  NodePtr Parenthesis();
  NodePtr Subquery();
  NodePtr NameOrCall();
  NodePtr Argument(const Node& call, size_t index);
  bool CallClauses(Node* call);
  bool AfterCall(Node* call);
  NodePtr Window();
  NodePtr Lambda(NodePtr parameters);
  NodePtr Subscript(NodePtr value);
  bool Add(Node* to, NodePtr child);
  bool NextIsOneOf(std::string_view symbols) const;
  bool ReadType(DataType* out);
  bool NeedType(Node* out);
  int PredicatePrecedence() const;
  NodePtr Brace();
  void SkipHint();

  NodePtr Array(std::string_view upper);
  NodePtr Map(std::string_view upper);
  NodePtr Case(std::string_view upper);
  NodePtr Cast(std::string_view upper);
  NodePtr Convert(std::string_view upper);
  NodePtr Exists(std::string_view upper);
  NodePtr Extract(std::string_view upper);
  NodePtr Interval(std::string_view upper);
  NodePtr Position(std::string_view upper);
  NodePtr Substring(std::string_view upper);
  NodePtr Trim(std::string_view upper);
  NodePtr TypedText(std::string_view upper);

  TokenStream& in_;
  Subqueries& subqueries_;
  int height_ = 0;  // at most that of the trees read so far in this call of Operators
};

}  // namespace stateserver::schema::query
