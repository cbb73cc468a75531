// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/print.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"

namespace stateserver::schema::query {

namespace {

using Kind = Node::Kind;

class Printer {
 public:
  std::string Print(const Node& node) {
    Write(node);
    return std::move(out_);
  }

 private:
  void Add(std::string_view text) { out_.append(text); }

  void Names(const std::vector<std::string>& names, std::string_view between) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (i > 0) Add(between);
      Add(QuoteName(names[i]));
    }
  }

  void Children(const Node& node, size_t from = 0, std::string_view between = ", ") {
    for (size_t i = from; i < node.children.size(); ++i) {
      if (i > from) Add(between);
      Write(*node.children[i]);
    }
  }

  // Writes a child with a word before it, if there is one.
  void Clause(std::string_view word, const NodePtr& child) {
    if (child == nullptr) return;
    Add(word);
    Write(*child);
  }

  void Operand(const Node& node) {
    const bool brackets = node.kind == Kind::kChain || node.kind == Kind::kUnary ||
                          node.kind == Kind::kBetween || node.kind == Kind::kIn ||
                          node.kind == Kind::kLike || node.kind == Kind::kIs ||
                          node.kind == Kind::kInterval || node.kind == Kind::kLambda;
    if (brackets) Add("(");
    Write(node);
    if (brackets) Add(")");
  }

  void Alias(const Node& node) {
    if (!node.text.empty()) AppendTo(&out_, " AS ", QuoteName(node.text));
  }

  void Columns(const NodePtr& columns) {
    if (columns == nullptr) return;
    Add("(");
    Names(columns->parts, ", ");
    Add(")");
  }

  void Write(const Node& node);
  bool WriteValue(const Node& node);
  bool WriteOperation(const Node& node);
  bool WriteRelation(const Node& node);
  void Call(const Node& call);
  void Window(const Node& window);
  void Case(const Node& node);
  void Query(const Node& query);
  void Select(const Node& select);
  void Group(const Node& group);

  std::string out_;
};

bool Printer::WriteValue(const Node& node) {
  switch (node.kind) {
    case Kind::kName:
      Names(node.parts, ".");
      return true;
    case Kind::kVariable:
    case Kind::kNumber:
    case Kind::kWord:
    case Kind::kDetail:
      Add(node.text);
      if (node.kind == Kind::kDetail && !node.children.empty()) Add(" ");
      Children(node, 0, " TO ");
      return true;
    case Kind::kText:
      if (node.type != nullptr) AppendTo(&out_, node.type->name, " ");
      Add(QuoteText(node.text, '\''));
      return true;
    case Kind::kStar:
      Names(node.parts, ".");
      Add(node.parts.empty() ? "*" : ".*");
      if (node.children.empty()) return true;
      Add(" EXCLUDE (");
      Children(node);
      Add(")");
      return true;
    case Kind::kTuple:
      Add("(");
      Children(node);
      Add(")");
      return true;
    case Kind::kSubquery:
    case Kind::kExists:
      Add(node.kind == Kind::kExists ? "EXISTS (" : "(");
      Children(node);
      Add(")");
      return true;
    case Kind::kArray:
      if (node.type != nullptr) AppendTo(&out_, "ARRAY<", PrintType(*node.type), ">");
      Add("[");
      Children(node);
      Add("]");
      return true;
    case Kind::kMap:
      Add(node.type != nullptr ? PrintType(*node.type) : "MAP");
      Add("{");
      for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
        if (i > 0) Add(", ");
        Write(*node.children[i]);
        Add(": ");
        Write(*node.children[i + 1]);
      }
      Add("}");
      return true;
    default:
      return false;
  }
}

bool Printer::WriteOperation(const Node& node) {
  const std::string_view negation = node.negated ? " NOT" : "";
  switch (node.kind) {
    case Kind::kChain:
      for (size_t i = 0; i < node.children.size(); ++i) {
        if (i > 0) AppendTo(&out_, " ", node.parts[i - 1], " ");
        Operand(*node.children[i]);
      }
      return true;
    case Kind::kUnary:
      AppendTo(&out_, node.text, " ");
      Operand(*node.children[0]);
      return true;
    case Kind::kBetween:
      Operand(*node.children[0]);
      AppendTo(&out_, negation, " BETWEEN ");
      Operand(*node.children[1]);
      Add(" AND ");
      Operand(*node.children[2]);
      return true;
    case Kind::kIn: {
      Operand(*node.children[0]);
      AppendTo(&out_, negation, " IN ");
      const bool query = node.children[1]->kind == Kind::kSubquery && node.children.size() == 2;
      if (!query) Add("(");
      Children(node, 1);
      if (!query) Add(")");
      return true;
    }
    case Kind::kLike:
      Operand(*node.children[0]);
      AppendTo(&out_, negation, " ", node.text, " ");
      Operand(*node.children[1]);
      return true;
    case Kind::kIs:
      Operand(*node.children[0]);
      AppendTo(&out_, " IS", negation, " ", node.text);
      return true;
    case Kind::kCast:
      AppendTo(&out_, node.text, "(");
      Children(node);
      AppendTo(&out_, " AS ", PrintType(*node.type), ")");
      return true;
    case Kind::kInterval:
      Add("INTERVAL ");
      Operand(*node.children[0]);
      AppendTo(&out_, " ", node.text);
      return true;
    case Kind::kLambda:
      Add("(");
      Names(node.parts, ", ");
      Add(") -> ");
      Children(node);
      return true;
    case Kind::kSubscript:
      Operand(*node.children[0]);
      Add("[");
      Children(node, 1, " : ");
      Add("]");
      return true;
    case Kind::kField:
      Add("(");
      Children(node);
      AppendTo(&out_, ").", QuoteName(node.text));
      return true;
    case Kind::kArrow:
      Operand(*node.children[0]);
      Add(node.text);
      Write(*node.children[1]);
      return true;
    default:
      return false;
  }
}

bool Printer::WriteRelation(const Node& node) {
  switch (node.kind) {
    case Kind::kTable:
      Names(node.parts, ".");
      Alias(node);
      Columns(node.children[0]);
      for (size_t i = 1; i < node.children.size(); ++i) Clause(" ", node.children[i]);
      return true;
    case Kind::kFunction:
      Add("TABLE(");
      Names(node.parts, ".");
      Add("(");
      Children(node, 1);
      Add("))");
      break;
    case Kind::kDerived:
      Add("(");
      Write(*node.children[1]);
      Add(")");
      break;
    case Kind::kJoined:
      Add("(");
      Children(node, 0, " ");
      Add(")");
      return true;
    case Kind::kJoin:
      AppendTo(&out_, node.text, " JOIN ");
      for (const std::string& hint : node.parts) AppendTo(&out_, hint, " ");
      Write(*node.children[0]);
      if (node.children[1] == nullptr) return true;
      Add(node.children[1]->kind == Kind::kColumns ? " USING " : " ON ");
      Write(*node.children[1]);
      return true;
    case Kind::kPivot:
      Write(*node.children[1]);
      AppendTo(&out_, " PIVOT ", node.parts[0]);
      break;
    case Kind::kColumns:
      Add("(");
      Names(node.parts, ", ");
      Add(")");
      return true;
    default:
      return false;
  }
  Alias(node);
  Columns(node.children[0]);
  return true;
}

void Printer::Call(const Node& call) {
  for (size_t i = 0; i < call.parts.size(); ++i) {
    if (i > 0) Add(".");
    Add(QuoteName(call.parts[i]));
  }
  Add(call.distinct ? "(DISTINCT " : "(");
  bool first = true;
  const Node *filter = nullptr, *window = nullptr;
  ForEachChild(call, [&](const Node& child) {
    if (child.kind == Kind::kFilter) filter = &child;
    if (child.kind == Kind::kWindow) window = &child;
    if (child.kind == Kind::kFilter || child.kind == Kind::kWindow) return;
    if (child.kind == Kind::kOrder || child.kind == Kind::kSeparator) {
      Add(" ");
    } else if (!first) {
      Add(", ");
    }
    first = false;
    Write(child);
  });
  Add(")");
  if (filter != nullptr) {
    Add(" FILTER (WHERE ");
    Children(*filter);
    Add(")");
  }
  if (!call.text.empty()) AppendTo(&out_, " ", call.text);
  if (window != nullptr) Window(*window);
}

void Printer::Window(const Node& window) {
  Add(" OVER (");
  if (!window.children[0]->children.empty()) Add("PARTITION BY ");
  Write(*window.children[0]);
  Clause(" ", window.children[1]);
  AppendTo(&out_, " ", window.text, ")");
}

void Printer::Case(const Node& node) {
  Add("CASE");
  Clause(" ", node.children[0]);
  for (size_t i = 2; i + 1 < node.children.size(); i += 2) {
    Clause(" WHEN ", node.children[i]);
    Clause(" THEN ", node.children[i + 1]);
  }
  Clause(" ELSE ", node.children[1]);
  Add(" END");
}

void Printer::Query(const Node& query) {
  Clause("", query.children[Node::kWithClause]);
  const Node& body = *query.children[Node::kBody];
  const bool brackets = body.kind == Kind::kQuery;
  if (brackets) Add("(");
  Write(body);
  if (brackets) Add(")");
  Clause(" ", query.children[Node::kOrderBy]);
  const Node* limit = query.children[Node::kLimitClause].get();
  if (limit == nullptr) return;
  Clause(" LIMIT ", limit->children[0]);
  Clause(" OFFSET ", limit->children[1]);
}

void Printer::Select(const Node& select) {
  Add(select.distinct ? "SELECT DISTINCT " : "SELECT ");
  Write(*select.children[Node::kItems]);
  Clause(" FROM ", select.children[Node::kFrom]);
  Clause(" WHERE ", select.children[Node::kWhere]);
  Clause(" GROUP BY ", select.children[Node::kGroupBy]);
  Clause(" HAVING ", select.children[Node::kHaving]);
  Clause(" QUALIFY ", select.children[Node::kQualify]);
}

void Printer::Group(const Node& group) {
  if (!group.text.empty()) AppendTo(&out_, group.text, " (");
  Children(group);
  if (!group.text.empty()) Add(")");
}

void Printer::Write(const Node& node) {
  if (WriteValue(node) || WriteOperation(node) || WriteRelation(node)) return;
  switch (node.kind) {
    case Kind::kCall:
      return Call(node);
    case Kind::kSeparator:
      return AppendTo(&out_, "SEPARATOR ", QuoteText(node.text, '\''));
    case Kind::kCase:
      return Case(node);
    case Kind::kNamed:
      AppendTo(&out_, QuoteName(node.text), " => ");
      return Children(node);
    case Kind::kQuery:
      return Query(node);
    case Kind::kWith:
      AppendTo(&out_, "WITH ", node.text, node.text.empty() ? "" : " ");
      Children(node);
      return Add(" ");
    case Kind::kCte:
      Add(QuoteName(node.text));
      if (!node.parts.empty()) Add(" (");
      Names(node.parts, ", ");
      Add(node.parts.empty() ? " AS (" : ") AS (");
      Children(node);
      return Add(")");
    case Kind::kSelect:
      return Select(node);
    case Kind::kSets:
      for (size_t i = 0; i < node.children.size(); ++i) {
        if (i > 0) AppendTo(&out_, " ", node.parts[i - 1], " ");
        const bool simple = node.children[i]->kind == Kind::kSelect;
        if (!simple) Add("(");
        Write(*node.children[i]);
        if (!simple) Add(")");
      }
      return;
    case Kind::kValues:
      Add("VALUES ");
      return Children(node);
    case Kind::kItem:
      Write(*node.children[0]);
      return Alias(node);
    case Kind::kGroup:
      return Group(node);
    case Kind::kOrder:
      Add("ORDER BY ");
      return Children(node);
    case Kind::kSortKey:
      Write(*node.children[0]);
      AppendTo(&out_, " ", node.text);
      for (const std::string& nulls : node.parts) AppendTo(&out_, " NULLS ", nulls);
      return;
    default:
      return Children(node);
  }
}

}  // namespace

std::string PrintTree(const Node& tree) { return Printer().Print(tree); }

}  // namespace stateserver::schema::query
