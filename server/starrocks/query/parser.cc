// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/parser.h"

#include <utility>

#include "common/depth.h"
#include "common/text.h"
#include "server/starrocks/ddl/token_stream.h"
#include "server/starrocks/query/expression_parser.h"
#include "server/starrocks/query/relation_parser.h"
#include "server/starrocks/query/words.h"

namespace stateserver::schema::query {

namespace {

using Kind = Node::Kind;

// QueryParser reads one query. Its functions return null after an error.
class QueryParser : public Subqueries {
 public:
  explicit QueryParser(TokenStream* in)
      : in_(*in), expressions_(in, this), relations_(in, &expressions_, this) {}

  NodePtr ReadQuery() override {
    DepthGuard guard(in_.depth());
    if (guard.TooDeep()) return in_.FailTooDeep(in_.position()), nullptr;
    NodePtr with;
    if (in_.ConsumeWord("WITH")) {
      with = With();
      if (with == nullptr) return nullptr;
    }
    NodePtr query = Rest(Intersections());
    if (query != nullptr) query->children[Node::kWithClause] = std::move(with);
    return query;
  }

  NodePtr ReadQueryAfter(NodePtr first) override {
    DepthGuard guard(in_.depth());
    if (guard.TooDeep()) return in_.FailTooDeep(in_.position()), nullptr;
    return Rest(Intersections(Unwrapped(std::move(first))));
  }

 private:
  NodePtr With() {
    NodePtr with = NewNode(Kind::kWith);
    if (in_.ConsumeWord("RECURSIVE")) with->text = "RECURSIVE";
    do {
      NodePtr cte = NewNode(Kind::kCte);
      NodePtr name = expressions_.QualifiedName("a name");
      if (name == nullptr) return nullptr;
      cte->text = name->parts.back();
      if (in_.IsSymbol("(")) {
        NodePtr columns = relations_.Columns();
        if (columns == nullptr) return nullptr;
        cte->parts = std::move(columns->parts);
      }
      if (!in_.NeedWord("AS") || !in_.NeedSymbol("(")) return nullptr;
      cte->children.push_back(ReadQuery());
      if (cte->children[0] == nullptr || !in_.NeedSymbol(")")) return nullptr;
      with->children.push_back(std::move(cte));
    } while (in_.ConsumeSymbol(","));
    return with;
  }

  // Returns the only part of a query without other clauses, else the query.
  static NodePtr Unwrapped(NodePtr query) {
    bool bare = query->children[Node::kWithClause] == nullptr &&
                query->children[Node::kOrderBy] == nullptr &&
                query->children[Node::kLimitClause] == nullptr;
    return bare ? std::move(query->children[Node::kBody]) : std::move(query);
  }

  // Reads UNION, EXCEPT and what follows the last of them.
  NodePtr Rest(NodePtr body) {
    int links = 0;
    for (std::string operation; body != nullptr && Operation(&operation);) {
      if (links++ == 0) body = Chain(std::move(body));
      body->parts.push_back(operation);
      NodePtr next = Intersections();
      if (next == nullptr) return nullptr;
      body->children.push_back(std::move(next));
    }
    if (body == nullptr) return nullptr;
    NodePtr query = NewNode(Kind::kQuery);
    query->children.resize(4);
    query->children[Node::kBody] = std::move(body);
    if (in_.ConsumeWords({"ORDER", "BY"})) {
      query->children[Node::kOrderBy] = expressions_.SortKeys();
      if (query->children[Node::kOrderBy] == nullptr) return nullptr;
    }
    if (in_.ConsumeWord("LIMIT")) {
      query->children[Node::kLimitClause] = Limit();
      if (query->children[Node::kLimitClause] == nullptr) return nullptr;
    }
    return query;
  }

  static NodePtr Chain(NodePtr first) {
    NodePtr sets = NewNode(Kind::kSets);
    sets->children.push_back(std::move(first));
    return sets;
  }

  bool Operation(std::string* out) {
    if (in_.ConsumeWord("UNION")) {
      *out = in_.ConsumeWord("ALL") ? "UNION ALL" : "UNION";
    } else if (in_.ConsumeWord("EXCEPT") || in_.ConsumeWord("MINUS")) {
      *out = in_.ConsumeWord("ALL") ? "EXCEPT ALL" : "EXCEPT";
    } else {
      return false;
    }
    in_.ConsumeWord("DISTINCT");
    return true;
  }

  NodePtr Intersections() { return Intersections(Term()); }

  NodePtr Intersections(NodePtr first) {
    int links = 0;
    while (first != nullptr && in_.ConsumeWord("INTERSECT")) {
      if (links++ == 0) first = Chain(std::move(first));
      first->parts.push_back(in_.ConsumeWord("ALL") ? "INTERSECT ALL" : "INTERSECT");
      in_.ConsumeWord("DISTINCT");
      NodePtr next = Term();
      if (next == nullptr) return nullptr;
      first->children.push_back(std::move(next));
    }
    return first;
  }

  NodePtr Term() {
    if (in_.ConsumeSymbol("(")) {
      NodePtr query = ReadQuery();
      if (query == nullptr || !in_.NeedSymbol(")")) return nullptr;
      return Unwrapped(std::move(query));
    }
    if (in_.ConsumeWord("SELECT")) return Select();
    if (in_.ConsumeWord("VALUES")) return Values();
    return in_.Fail("SELECT"), nullptr;
  }

  NodePtr Values() {
    NodePtr values = NewNode(Kind::kValues);
    do {
      if (!in_.NeedSymbol("(")) return nullptr;
      NodePtr row = expressions_.List();
      if (row == nullptr || !in_.NeedSymbol(")")) return nullptr;
      row->kind = Kind::kTuple;
      values->children.push_back(std::move(row));
    } while (in_.ConsumeSymbol(","));
    return values;
  }

  NodePtr Select() {
    NodePtr select = NewNode(Kind::kSelect);
    select->children.resize(6);
    select->distinct = in_.ConsumeWord("DISTINCT");
    if (!select->distinct) in_.ConsumeWord("ALL");
    select->children[Node::kItems] = Items();
    if (select->children[Node::kItems] == nullptr) return nullptr;
    if (in_.ConsumeWord("FROM") && !in_.ConsumeWord("DUAL")) {
      select->children[Node::kFrom] = relations_.Relations();
      if (select->children[Node::kFrom] == nullptr) return nullptr;
    }
    bool read = Clause("WHERE", Node::kWhere, select.get());
    if (read && in_.ConsumeWords({"GROUP", "BY"})) {
      select->children[Node::kGroupBy] = Group();
      read = select->children[Node::kGroupBy] != nullptr;
    }
    read = read && Clause("HAVING", Node::kHaving, select.get()) &&
           Clause("QUALIFY", Node::kQualify, select.get());
    return read ? std::move(select) : nullptr;
  }

  bool Clause(std::string_view word, size_t index, Node* select) {
    if (!in_.ConsumeWord(word)) return true;
    select->children[index] = expressions_.Expression();
    return select->children[index] != nullptr;
  }

  NodePtr Items() {
    NodePtr items = NewNode(Kind::kList);
    do {
      NodePtr value = expressions_.ItemExpression();
      if (value == nullptr) return nullptr;
      if (value->kind != Kind::kStar) {
        NodePtr item = NewNode(Kind::kItem);
        item->token = static_cast<uint32_t>(in_.position());
        item->children.push_back(std::move(value));
        if (!relations_.Alias(&item->text)) return nullptr;
        value = std::move(item);
      }
      items->children.push_back(std::move(value));
    } while (in_.ConsumeSymbol(","));
    return items;
  }

  NodePtr Group() {
    NodePtr group = NewNode(Kind::kGroup);
    for (std::string_view word : {"ROLLUP", "CUBE"}) {
      if (!in_.IsWord(word) || !in_.IsSymbol("(", 1)) continue;
      group->text = word;
      in_.Consume();
      in_.Consume();
      return GroupList(group.get()) && in_.NeedSymbol(")") ? std::move(group) : nullptr;
    }
    if (in_.ConsumeWords({"GROUPING", "SETS"})) {
      group->text = "GROUPING SETS";
      if (!in_.NeedSymbol("(")) return nullptr;
      return GroupList(group.get()) && in_.NeedSymbol(")") ? std::move(group) : nullptr;
    }
    if (in_.ConsumeWord("ALL")) {
      group->children.push_back(NewNode(Kind::kWord, "ALL"));
      return group;
    }
    return GroupList(group.get()) ? std::move(group) : nullptr;
  }

  bool GroupList(Node* group) {
    do {
      NodePtr value = expressions_.Expression();
      if (value == nullptr) return false;
      // A grouping set of one column.
      if (group->text == "GROUPING SETS" && value->kind != Kind::kTuple) {
        NodePtr set = NewNode(Kind::kTuple);
        set->children.push_back(std::move(value));
        value = std::move(set);
      }
      group->children.push_back(std::move(value));
    } while (in_.ConsumeSymbol(","));
    return true;
  }

  NodePtr Limit() {
    NodePtr limit = NewNode(Kind::kLimit), first = expressions_.Expression(), second;
    if (first == nullptr) return nullptr;
    const bool comma = in_.ConsumeSymbol(",");
    if (comma || in_.ConsumeWord("OFFSET")) {
      second = expressions_.Expression();
      if (second == nullptr) return nullptr;
      if (comma) std::swap(first, second);
    }
    limit->children.push_back(std::move(first));
    limit->children.push_back(std::move(second));
    return limit;
  }

  TokenStream& in_;
  ExpressionParser expressions_;
  RelationParser relations_;
};

}  // namespace

ParsedQuery ParseQuery(std::string_view text) {
  ParsedQuery out;
  Lexed lexed = Lex(text, "query");
  out.tokens = std::move(lexed.tokens);
  out.error = std::move(lexed.error);
  if (out.error) return out;
  TokenStream in(text, out.tokens, "query");
  out.query = QueryParser(&in).ReadQuery();
  if (out.query != nullptr && !in.AtEnd()) in.Fail("the end of the query");
  out.error = in.error();
  if (out.error) out.query.reset();
  return out;
}

}  // namespace stateserver::schema::query
