// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/relation_parser.h"

#include <utility>
#include <vector>

#include "common/depth.h"
#include "common/text.h"
#include "server/starrocks/ddl/token_stream.h"
#include "server/starrocks/query/words.h"

namespace stateserver::schema::query {

namespace {

using Kind = Node::Kind;

// Returns a relation whose alias may have columns.
NodePtr NewRelation(Kind kind) {
  NodePtr relation = NewNode(kind);
  relation->children.emplace_back();
  return relation;
}

}  // namespace

NodePtr RelationParser::Relations() {
  NodePtr list = NewNode(Kind::kList);
  do {
    NodePtr relation = Joined();
    if (relation == nullptr) return nullptr;
    list->children.push_back(std::move(relation));
  } while (in_.ConsumeSymbol(","));
  return list;
}

NodePtr RelationParser::Joined() {
  DepthGuard guard(in_.depth());
  if (guard.TooDeep()) return in_.FailTooDeep(in_.position()), nullptr;
  NodePtr left = Relation();
  if (left == nullptr) return nullptr;
  NodePtr joined;
  for (std::string kind; JoinWords(&kind);) {
    NodePtr join = Join(std::move(kind));
    if (join == nullptr) return nullptr;
    if (joined == nullptr) {
      joined = NewNode(Kind::kJoined);
      joined->children.push_back(std::move(left));
    }
    joined->children.push_back(std::move(join));
  }
  return joined == nullptr ? std::move(left) : std::move(joined);
}

// Reads the words of a join up to JOIN.
bool RelationParser::JoinWords(std::string* out) {
  out->clear();
  if (in_.ConsumeWord("JOIN") || in_.ConsumeWords({"INNER", "JOIN"})) return *out = "INNER", true;
  if (in_.ConsumeWords({"CROSS", "JOIN"}) || in_.ConsumeWord("CROSS")) return *out = "CROSS", true;
  if (in_.ConsumeWords({"ASOF", "JOIN"}) || in_.ConsumeWords({"ASOF", "INNER", "JOIN"})) {
    return *out = "ASOF", true;
  }
  if (in_.ConsumeWords({"ASOF", "LEFT", "JOIN"})) return *out = "ASOF LEFT", true;
  if (in_.ConsumeWords({"ASOF", "LEFT", "OUTER", "JOIN"})) return *out = "ASOF LEFT", true;
  if (in_.ConsumeWords({"NULL", "AWARE", "LEFT", "ANTI", "JOIN"})) {
    return *out = "NULL AWARE LEFT ANTI", true;
  }
  for (std::string_view side : {"LEFT", "RIGHT", "FULL"}) {
    if (in_.ConsumeWords({side, "JOIN"}) || in_.ConsumeWords({side, "OUTER", "JOIN"})) {
      return *out = side, true;
    }
    for (std::string_view kind : {"SEMI", "ANTI"}) {
      if (side != "FULL" && in_.ConsumeWords({side, kind, "JOIN"})) {
        return *out = Cat(side, " ", kind), true;
      }
    }
  }
  return false;
}

NodePtr RelationParser::Join(std::string kind) {
  NodePtr join = NewNode(Kind::kJoin, std::move(kind));
  if (in_.IsSymbol("[")) {
    std::string hint;
    if (!Balanced(&hint)) return nullptr;
    join->parts.push_back(Upper(hint));
  }
  NodePtr relation = Relation(), condition;
  if (relation == nullptr) return nullptr;
  if (in_.ConsumeWord("ON")) {
    condition = expressions_.Expression();
    if (condition == nullptr) return nullptr;
  } else if (in_.ConsumeWord("USING")) {
    condition = Columns();
    if (condition == nullptr) return nullptr;
  }
  join->children.push_back(std::move(relation));
  join->children.push_back(std::move(condition));
  return join;
}

NodePtr RelationParser::Relation() {
  DepthGuard guard(in_.depth());
  if (guard.TooDeep()) return in_.FailTooDeep(in_.position()), nullptr;
  in_.ConsumeWord("LATERAL");
  NodePtr relation;
  if (in_.ConsumeSymbol("(")) {
    relation = Bracketed();
  } else if (in_.IsWord("TABLE") && in_.IsSymbol("(", 1)) {
    relation = TableFunction();
  } else {
    relation = Table();
  }
  relation = WithAlias(std::move(relation));
  const bool pivot = relation != nullptr && in_.IsWord("PIVOT") && in_.IsSymbol("(", 1);
  return pivot ? Pivoted(std::move(relation)) : std::move(relation);
}

// Reads what follows an opening bracket: a query or joins.
NodePtr RelationParser::Bracketed() {
  NodePtr inner;
  if (expressions_.AtQuery()) {
    inner = NewRelation(Kind::kDerived);
    NodePtr query = subqueries_.ReadQuery();
    if (query == nullptr) return nullptr;
    inner->children.push_back(std::move(query));
  } else {
    inner = Joined();
  }
  if (inner == nullptr) return nullptr;
  if (inner->kind == Kind::kDerived && inner->text.empty() && expressions_.AtRestOfQuery()) {
    NodePtr query = subqueries_.ReadQueryAfter(std::move(inner->children[1]));
    if (query == nullptr) return nullptr;
    inner->children[1] = std::move(query);
  }
  if (in_.IsSymbol(",")) {  // (a, b)
    NodePtr joined = NewNode(Kind::kJoined);
    joined->children.push_back(std::move(inner));
    while (in_.ConsumeSymbol(",")) {
      NodePtr join = NewNode(Kind::kJoin, "CROSS");
      join->children.push_back(Joined());
      join->children.emplace_back();
      if (join->children[0] == nullptr) return nullptr;
      joined->children.push_back(std::move(join));
    }
    inner = std::move(joined);
  }
  return in_.NeedSymbol(")") ? std::move(inner) : nullptr;
}

// TABLE(f(…))
NodePtr RelationParser::TableFunction() {
  in_.Consume();
  in_.Consume();
  NodePtr name = expressions_.QualifiedName("a table function");
  if (name == nullptr || !in_.IsSymbol("(")) return in_.Fail("a table function"), nullptr;
  NodePtr function = Function(std::move(name));
  return function != nullptr && in_.NeedSymbol(")") ? std::move(function) : nullptr;
}

NodePtr RelationParser::Function(NodePtr name) {
  name->kind = Kind::kCall;
  NodePtr call = expressions_.Call(std::move(name));
  if (call == nullptr) return nullptr;
  NodePtr function = NewRelation(Kind::kFunction);
  function->token = call->token;
  function->parts = std::move(call->parts);
  for (NodePtr& argument : call->children) function->children.push_back(std::move(argument));
  return function;
}

NodePtr RelationParser::Table() {
  NodePtr name = expressions_.QualifiedName("a relation");
  if (name == nullptr) return nullptr;
  if (in_.IsSymbol("(")) return Function(std::move(name));
  NodePtr table = NewRelation(Kind::kTable);
  table->token = name->token;
  table->parts = std::move(name->parts);
  return Details(table.get()) ? std::move(table) : nullptr;
}

// Reads the clauses between a table's name and its alias, or after the alias.
bool RelationParser::Details(Node* table) {
  while (true) {
    std::string words;
    if (in_.IsWord("FOR")) {
      if (!Period(table)) return false;
      continue;
    }
    if (in_.IsSymbol("[")) {
      if (!Balanced(&words)) return false;
    } else {
      if (in_.IsWord("TEMPORARY") && (in_.IsWord("PARTITION", 1) || in_.IsWord("PARTITIONS", 1))) {
        words = Upper(in_.Consume().value) + " ";
      }
      bool list = in_.IsWord("PARTITION") || in_.IsWord("PARTITIONS") || in_.IsWord("TABLET") ||
                  in_.IsWord("REPLICA") || in_.IsWord("SAMPLE");
      const bool one = in_.IsWord("PARTITION") && in_.Peek(1).IsName();
      if (!list || (!one && !in_.IsSymbol("(", 1))) return true;
      std::string word = Upper(in_.Consume().value), brackets;
      if (one) {
        brackets = Cat("(", in_.Consume().value, ")");
      } else if (!Balanced(&brackets)) {
        return false;
      }
      AppendTo(&words, word == "PARTITIONS" ? "PARTITION" : word, " ", brackets);
    }
    table->children.push_back(NewNode(Kind::kDetail, std::move(words)));
  }
}

// FOR VERSION AS OF value, FOR TIMESTAMP BETWEEN a AND b, FOR SYSTEM_TIME FROM a TO b
bool RelationParser::Period(Node* table) {
  in_.Consume();
  NodePtr period = NewNode(Kind::kDetail, Cat("FOR ", Upper(in_.Consume().value)));
  auto value = [&] {
    NodePtr expression = expressions_.Expression();
    if (expression == nullptr) return false;
    period->children.push_back(std::move(expression));
    return true;
  };
  if (in_.ConsumeWord("ALL")) {
    period->text += " ALL";
  } else if (in_.ConsumeWord("FROM")) {
    period->text += " FROM";
    if (!value() || !in_.NeedWord("TO") || !value()) return false;
  } else if (in_.ConsumeWord("BETWEEN")) {
    period->text += " BETWEEN";
    if (!value()) return false;  // `a AND b` is one expression
  } else {
    period->text += " AS OF";
    if (!in_.NeedWord("AS") || !in_.NeedWord("OF") || !value()) return false;
  }
  table->children.push_back(std::move(period));
  return true;
}

// Reads a bracket and all up to the one that closes it. Returns the text in one spelling.
bool RelationParser::Balanced(std::string* out) {
  std::vector<Token> tokens;
  int depth = 0;
  do {
    if (in_.AtEnd()) return in_.Fail("a closing bracket");
    tokens.push_back(in_.Consume());
    const Token& token = tokens.back();
    depth += static_cast<int>(token.IsSymbol("(") || token.IsSymbol("["));
    depth -= static_cast<int>(token.IsSymbol(")") || token.IsSymbol("]"));
  } while (depth > 0);
  *out = NormalText(tokens.data(), tokens.data() + tokens.size());
  return true;
}

NodePtr RelationParser::WithAlias(NodePtr relation) {
  if (relation == nullptr || relation->kind == Kind::kJoined) return relation;
  if (!relation->text.empty()) return relation;  // (t AS a)
  if (!Alias(&relation->text)) return nullptr;
  if (!relation->text.empty() && in_.IsSymbol("(")) {
    relation->children[0] = Columns();
    if (relation->children[0] == nullptr) return nullptr;
  }
  if (relation->kind == Kind::kTable && !Details(relation.get())) return nullptr;
  return relation;
}

NodePtr RelationParser::Pivoted(NodePtr relation) {
  in_.Consume();
  NodePtr pivot = NewRelation(Kind::kPivot);
  pivot->children.push_back(std::move(relation));
  if (!Balanced(&pivot->parts.emplace_back())) return nullptr;
  return WithAlias(std::move(pivot));
}

NodePtr RelationParser::Columns() {
  NodePtr columns = NewNode(Kind::kColumns);
  if (!in_.NeedSymbol("(")) return nullptr;
  do {
    const Token& token = in_.Peek();
    bool word = token.kind == Token::Kind::kWord && !IsReserved(token.value);
    if (!word && token.kind != Token::Kind::kQuotedName) return in_.Fail("a column"), nullptr;
    columns->parts.push_back(in_.Consume().value);
  } while (in_.ConsumeSymbol(","));
  return in_.NeedSymbol(")") ? std::move(columns) : nullptr;
}

// Returns true before a word that is not reserved and that begins another clause here.
bool RelationParser::ContinuesQuery() const {
  const bool bracket = in_.IsSymbol("(", 1);
  if (in_.IsWord("EXCEPT") || in_.IsWord("MINUS")) {
    return bracket || in_.IsWord("SELECT", 1) || in_.IsWord("ALL", 1) ||
           in_.IsWord("DISTINCT", 1) || in_.IsWord("VALUES", 1);
  }
  if (in_.IsWord("PIVOT") || in_.IsWord("TABLET") || in_.IsWord("REPLICA") ||
      in_.IsWord("SAMPLE")) {
    return bracket;
  }
  if (in_.IsWord("TEMPORARY")) return in_.IsWord("PARTITION", 1) || in_.IsWord("PARTITIONS", 1);
  if (!in_.IsWord("QUALIFY")) return false;
  const Token& next = in_.Peek(1);
  if (next.kind == Token::Kind::kSymbol) return bracket;
  return next.kind != Token::Kind::kEnd &&
         !(next.kind == Token::Kind::kWord && IsClauseWord(Upper(next.value)));
}

bool RelationParser::Alias(std::string* out) {
  const bool as = in_.ConsumeWord("AS");
  const Token& token = in_.Peek();
  const bool quoted = token.kind == Token::Kind::kQuotedName ||
                      (token.kind == Token::Kind::kText && !token.value.empty() &&
                       token.value.find('`') == token.value.npos);
  const bool word = token.kind == Token::Kind::kWord && !IsReserved(token.value) &&
                    token.value.front() != '@' && (as || !ContinuesQuery());
  if (!quoted && !word) return !as || in_.Fail("an alias");
  *out = in_.Consume().value;
  return true;
}

}  // namespace stateserver::schema::query
