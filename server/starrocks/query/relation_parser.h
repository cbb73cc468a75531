// SPDX-License-Identifier: Apache-2.0
//
// The parser of what follows FROM.
#pragma once

#include <string>
#include <string_view>

#include "server/starrocks/ddl/token_stream.h"
#include "server/starrocks/query/expression_parser.h"
#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

// RelationParser reads relations and joins. Its functions return null after an error, which the
// stream holds.
class RelationParser {
 public:
  // All arguments must outlive the parser.
  RelationParser(TokenStream* in, ExpressionParser* expressions, Subqueries* subqueries)
      : in_(*in), expressions_(*expressions), subqueries_(*subqueries) {}

  // Reads the list after FROM; returns a kList.
  NodePtr Relations();
  // Reads an alias, if there is one: `AS a`, or a word that does not continue the query.
  bool Alias(std::string* out);
  // Reads `(a, b)`; returns a kColumns.
  NodePtr Columns();

 private:
  NodePtr Joined();
  NodePtr Relation();
  NodePtr Bracketed();
  NodePtr Table();
  NodePtr TableFunction();
  NodePtr Function(NodePtr name);
  NodePtr WithAlias(NodePtr relation);
  NodePtr Pivoted(NodePtr relation);
  bool JoinWords(std::string* out);
  NodePtr Join(std::string kind);
  bool Details(Node* table);
  bool Period(Node* table);
  bool Balanced(std::string* out);
  bool ContinuesQuery() const;

  TokenStream& in_;
  ExpressionParser& expressions_;
  Subqueries& subqueries_;
};

}  // namespace stateserver::schema::query
