// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/expression_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/depth.h"
#include "common/text.h"
#include "server/starrocks/ddl/token_stream.h"
#include "server/starrocks/query/words.h"

namespace stateserver::schema::query {

namespace {

using Kind = Node::Kind;

struct Infix {
  std::string_view text;
  int precedence;
};

// The height of a tree is limited: chains of `a[1][1]` nest without brackets in the text. One level
// of an expression has at most this many nodes above one another, without such chains.
constexpr int kNodesPerLevel = 8;
constexpr int kMostHeight = (kNodesPerLevel + 1) * kMostDepth;

constexpr Infix kInfix[] = {
    {"OR", Precedence::kOr},
    {"||", Precedence::kOr},
    {"AND", Precedence::kAnd},
    {"&&", Precedence::kAnd},
    {"=", Precedence::kPredicate},
    {"<=>", Precedence::kPredicate},
    {"<>", Precedence::kPredicate},
    {"!=", Precedence::kPredicate},
    {"<", Precedence::kPredicate},
    {">", Precedence::kPredicate},
    {"<=", Precedence::kPredicate},
    {">=", Precedence::kPredicate},
    {"BITSHIFTLEFT", Precedence::kShift},
    {"BITSHIFTRIGHT", Precedence::kShift},
    {"BITSHIFTRIGHTLOGICAL", Precedence::kShift},
    {"|", Precedence::kBitOr},
    {"&", Precedence::kBitAnd},
    {"+", Precedence::kSum},
    {"-", Precedence::kSum},
    {"*", Precedence::kProduct},
    {"/", Precedence::kProduct},
    {"%", Precedence::kProduct},
    {"MOD", Precedence::kProduct},
    {"DIV", Precedence::kProduct},
    {"^", Precedence::kPower},
};

// Returns the text of a word or symbol in the form of kInfix, and "" for other tokens.
std::string OperatorText(const Token& token) {
  if (token.kind == Token::Kind::kWord) return Upper(token.value);
  return token.kind == Token::Kind::kSymbol ? token.value : "";
}

NodePtr With(NodePtr node, NodePtr child) {
  node->children.push_back(std::move(child));
  return node;
}

}  // namespace

int PrecedenceOf(std::string_view upper) {
  for (const Infix& one : kInfix) {
    if (one.text == upper) return one.precedence;
  }
  return 0;
}

bool ExpressionParser::AtQuery() const {
  return in_.IsWord("SELECT") || in_.IsWord("WITH") || in_.IsWord("VALUES");
}

bool ExpressionParser::AtRestOfQuery() const {
  return in_.IsWord("UNION") || in_.IsWord("EXCEPT") || in_.IsWord("MINUS") ||
         in_.IsWord("INTERSECT") || in_.IsWord("ORDER") || in_.IsWord("LIMIT");
}

// Adds a child; returns false for null.
bool ExpressionParser::Add(Node* to, NodePtr child) {
  if (child == nullptr) return false;
  to->children.push_back(std::move(child));
  return true;
}

// Returns the precedence of IS, IN, BETWEEN, …, or 0 before anything else.
int ExpressionParser::PredicatePrecedence() const {
  if (in_.IsWord("IS")) return Precedence::kPredicate;
  constexpr std::array<std::string_view, 8> kWords = {"BETWEEN", "IN",    "LIKE",      "RLIKE",
                                                      "REGEXP",  "MATCH", "MATCH_ANY", "MATCH_ALL"};
  const size_t at = in_.IsWord("NOT") ? 1 : 0;
  const bool range = std::any_of(kWords.begin(), kWords.end(),
                                 [&](std::string_view word) { return in_.IsWord(word, at); });
  return range ? Precedence::kRange : 0;
}

// Counts a node around the value that is being read; fails beyond the limit.
bool ExpressionParser::Wrap() {
  return ++height_ <= kMostHeight || in_.FailTooDeep(in_.position());
}

NodePtr ExpressionParser::Operators(int least) {
  DepthGuard guard(in_.depth());
  if (guard.TooDeep()) return in_.FailTooDeep(in_.position()), nullptr;
  const int outer = std::exchange(height_, 0);
  NodePtr left = Prefix();
  int chained = 0;  // the precedence of `left`, if it is a chain of this call
  while (left != nullptr) {
    if (const int predicate = PredicatePrecedence(); predicate > 0) {
      if (least > predicate) break;
      left = Wrap() ? Predicate(std::move(left)) : nullptr;
      chained = 0;
    } else {
      std::string text = OperatorText(in_.Peek());
      int precedence = PrecedenceOf(text);
      if (precedence == 0 || precedence < least) break;
      in_.Consume();
      NodePtr right = Operators(precedence + 1);
      if (right == nullptr || (chained != precedence && !Wrap())) return nullptr;
      if (chained != precedence) left = With(NewNode(Kind::kChain), std::move(left));
      chained = precedence;
      left->parts.push_back(std::move(text));
      left->children.push_back(std::move(right));
    }
  }
  height_ = std::max(outer, height_ + kNodesPerLevel);
  return left;
}

NodePtr ExpressionParser::Prefix() {
  if (in_.ConsumeWord("NOT")) {
    NodePtr value = Operators(Precedence::kNot);
    return value == nullptr ? nullptr : With(NewNode(Kind::kUnary, "NOT"), std::move(value));
  }
  std::string signs;
  while (in_.IsSymbol("-") || in_.IsSymbol("+") || in_.IsSymbol("~") || in_.IsSymbol("!")) {
    if (!Wrap()) return nullptr;
    signs += in_.Consume().value;
  }
  // The signs count from here on, and before what they apply to.
  *in_.depth() += static_cast<int>(signs.size());
  NodePtr value = Postfix(Primary());
  *in_.depth() -= static_cast<int>(signs.size());
  for (auto sign = signs.rbegin(); value != nullptr && sign != signs.rend(); ++sign) {
    value = With(NewNode(Kind::kUnary, std::string(1, *sign)), std::move(value));
  }
  return value;
}

NodePtr ExpressionParser::Postfix(NodePtr value) {
  while (value != nullptr) {
    const size_t begin = in_.position();
    value = Suffix(std::move(value));
    if (in_.position() == begin) break;
    if (value != nullptr && !Wrap()) return nullptr;
  }
  return value;
}

// Reads one subscript, field, path or the like; returns the value itself if there is none.
NodePtr ExpressionParser::Suffix(NodePtr value) {
  if (in_.ConsumeSymbol("[")) return Subscript(std::move(value));
  if (in_.IsSymbol(".") && in_.Peek(1).IsName()) {
    in_.Consume();
    return With(NewNode(Kind::kField, in_.Consume().value), std::move(value));
  }
  if (in_.IsSymbol("->") || in_.IsSymbol("->>")) {
    if (in_.Peek(1).kind != Token::Kind::kText) return Lambda(std::move(value));
    NodePtr arrow = With(NewNode(Kind::kArrow, in_.Consume().value), std::move(value));
    return With(std::move(arrow), NewNode(Kind::kText, in_.Consume().value));
  }
  if (!in_.ConsumeWord("COLLATE")) return value;
  NodePtr collation = QualifiedName("a collation");
  if (collation == nullptr) return nullptr;
  NodePtr call = With(NewNode(Kind::kCall), std::move(value));
  call->parts = {"collate"};
  return With(std::move(call), NewNode(Kind::kText, collation->parts.back()));
}

NodePtr ExpressionParser::Subscript(NodePtr value) {
  NodePtr out = With(NewNode(Kind::kSubscript), std::move(value));
  auto bound = [&] {
    const bool absent = in_.IsSymbol(":") || in_.IsSymbol("]");
    return Add(out.get(), absent ? NewNode(Kind::kWord) : Expression());
  };
  if (in_.IsSymbol("]")) return in_.Fail("an index"), nullptr;
  if (!bound() || (in_.ConsumeSymbol(":") && !bound())) return nullptr;
  return in_.NeedSymbol("]") ? std::move(out) : nullptr;
}

NodePtr ExpressionParser::Lambda(NodePtr parameters) {
  NodePtr lambda = NewNode(Kind::kLambda);
  auto add = [&](const Node& name) {
    bool plain = name.kind == Kind::kName && name.parts.size() == 1;
    if (plain) lambda->parts.push_back(name.parts[0]);
    return plain;
  };
  bool valid = true;
  if (parameters->kind == Kind::kTuple) {
    ForEachChild(*parameters, [&](const Node& name) { valid = add(name) && valid; });
  } else {
    valid = add(*parameters);
  }
  if (!valid) return in_.Fail("a path in quotes after the arrow"), nullptr;
  in_.Consume();
  return Add(lambda.get(), Expression()) ? std::move(lambda) : nullptr;
}

NodePtr ExpressionParser::Predicate(NodePtr value) {
  if (in_.ConsumeWord("IS")) {
    NodePtr is = With(NewNode(Kind::kIs), std::move(value));
    is->negated = in_.ConsumeWord("NOT");
    for (std::string_view word : {"NULL", "TRUE", "FALSE"}) {
      if (!in_.ConsumeWord(word)) continue;
      is->text = word;
      return is;
    }
    return in_.Fail("NULL, TRUE or FALSE"), nullptr;
  }
  const bool negated = in_.ConsumeWord("NOT");
  NodePtr out;
  if (in_.ConsumeWord("IN")) {
    out = In(std::move(value));
  } else if (in_.ConsumeWord("BETWEEN")) {
    out = With(NewNode(Kind::kBetween), std::move(value));
    bool read = Add(out.get(), Operators(Precedence::kShift)) && in_.NeedWord("AND") &&
                Add(out.get(), Operators(Precedence::kShift));
    if (!read) return nullptr;
  } else {
    std::string word = Upper(in_.Consume().value);
    out = With(NewNode(Kind::kLike, word == "RLIKE" ? "REGEXP" : word), std::move(value));
    if (!Add(out.get(), Operators(Precedence::kShift))) return nullptr;
  }
  if (out != nullptr) out->negated = negated;
  return out;
}

NodePtr ExpressionParser::In(NodePtr value) {
  NodePtr in = With(NewNode(Kind::kIn), std::move(value));
  if (!in_.NeedSymbol("(")) return nullptr;
  if (AtQuery()) {
    if (!Add(in.get(), Subquery())) return nullptr;
  } else {
    do {
      if (!Add(in.get(), Expression())) return nullptr;
    } while (in_.ConsumeSymbol(","));
    // ((SELECT …) UNION …)
    Node& last = *in->children.back();
    if (in->children.size() == 2 && last.kind == Kind::kSubquery && AtRestOfQuery()) {
      NodePtr whole = subqueries_.ReadQueryAfter(std::move(last.children[0]));
      if (whole == nullptr) return nullptr;
      last.children[0] = std::move(whole);
    }
  }
  return in_.NeedSymbol(")") ? std::move(in) : nullptr;
}

NodePtr ExpressionParser::Subquery() {
  NodePtr query = subqueries_.ReadQuery();
  return query == nullptr ? nullptr : With(NewNode(Kind::kSubquery), std::move(query));
}

// Reads what follows an opening bracket: a value, a tuple or a subquery.
NodePtr ExpressionParser::Parenthesis() {
  NodePtr value = AtQuery() ? Subquery() : Expression();
  if (value != nullptr && value->kind == Kind::kSubquery && AtRestOfQuery()) {
    NodePtr query = subqueries_.ReadQueryAfter(std::move(value->children[0]));
    value = query == nullptr ? nullptr : With(NewNode(Kind::kSubquery), std::move(query));
  }
  if (value == nullptr) return nullptr;
  if (in_.IsSymbol(",")) {
    value = With(NewNode(Kind::kTuple), std::move(value));
    while (in_.ConsumeSymbol(",")) {
      if (!Add(value.get(), Expression())) return nullptr;
    }
  }
  return in_.NeedSymbol(")") ? std::move(value) : nullptr;
}

NodePtr ExpressionParser::Primary() {
  switch (in_.Peek().kind) {
    case Token::Kind::kNumber:
      return NewNode(Kind::kNumber, in_.Consume().value);
    case Token::Kind::kText:
      return NewNode(Kind::kText, in_.Consume().value);
    case Token::Kind::kQuotedName:
      return NameOrCall();
    case Token::Kind::kWord:
      return Word();
    default:
      if (in_.ConsumeSymbol("(")) {
        if (!in_.ConsumeSymbol(")")) return Parenthesis();
        return NewNode(Kind::kTuple);  // () -> 1
      }
      if (in_.IsSymbol("[")) return Array("");
      if (in_.IsSymbol("{")) return Brace();
      return in_.Fail("an expression"), nullptr;
  }
}

// Reads {'key': value} or {fn call}.
NodePtr ExpressionParser::Brace() {
  if (!in_.IsWord("FN", 1)) return Map("");
  in_.Consume();
  in_.Consume();
  NodePtr call = Expression();
  return call != nullptr && in_.NeedSymbol("}") ? std::move(call) : nullptr;
}

NodePtr ExpressionParser::Word() {
  const std::string word = Upper(in_.Peek().value);
  for (std::string_view constant : {"NULL", "TRUE", "FALSE", "DEFAULT", "MAXVALUE"}) {
    if (word == constant) return in_.Consume(), NewNode(Kind::kWord, word);
  }
  for (const SpecialForm* form = kForms; !form->word.empty(); ++form) {
    if (form->word != word || !NextIsOneOf(form->next)) continue;
    in_.Consume();
    return (this->*form->form)(word);
  }
  if (word.front() == '@') return NewNode(Kind::kVariable, in_.Consume().value);
  const bool binary = word == "X" && in_.Peek(1).kind == Token::Kind::kText &&
                      in_.Peek(1).offset == in_.Peek().end();
  if (binary) {  // x'0a'
    in_.Consume();
    return NewNode(Kind::kWord, Cat("X'", Upper(in_.Consume().value), "'"));
  }
  const bool call = in_.IsSymbol("(", 1) || in_.IsSymbol(".", 1);
  if (IsBareFunction(word) && !call) {
    in_.Consume();
    NodePtr out = NewNode(Kind::kCall);
    out->parts = {Lower(word)};
    return out;
  }
  return NameOrCall();
}

// Returns true if the token after the next one is one of these; an empty text allows any.
bool ExpressionParser::NextIsOneOf(std::string_view symbols) const {
  if (symbols.empty()) return true;
  const Token& token = in_.Peek(1);
  if (token.kind == Token::Kind::kText) return symbols.find('\'') != symbols.npos;
  return token.kind == Token::Kind::kSymbol && token.value.size() == 1 &&
         symbols.find(token.value[0]) != symbols.npos;
}

NodePtr ExpressionParser::QualifiedName(std::string_view what) {
  NodePtr name = NewNode(Kind::kName);
  name->token = static_cast<uint32_t>(in_.position());
  const Token& first = in_.Peek();
  bool word =
      first.kind == Token::Kind::kWord && first.value.front() != '@' &&
      (!IsReserved(first.value) || (in_.IsSymbol("(", 1) && !IsClauseWord(Upper(first.value))));
  if (!word && first.kind != Token::Kind::kQuotedName) return in_.Fail(what), nullptr;
  name->parts.push_back(in_.Consume().value);
  while (in_.IsSymbol(".") && in_.Peek(1).IsName()) {
    in_.Consume();
    if (!in_.MayAdd(name->parts.size(), kMostDepth, "parts of a name")) return nullptr;
    name->parts.push_back(in_.Consume().value);
  }
  return name;
}

NodePtr ExpressionParser::NameOrCall() {
  NodePtr name = QualifiedName("an expression");
  if (name == nullptr) return nullptr;
  if (in_.IsSymbol("(")) {
    name->kind = Kind::kCall;
    return Call(std::move(name));
  }
  if (in_.IsSymbol(".") && in_.IsSymbol("*", 1)) {
    in_.Consume();
    in_.Consume();
    name->kind = Kind::kStar;
  }
  return name;
}

NodePtr ExpressionParser::ItemExpression() {
  NodePtr item;
  if (in_.IsSymbol("*")) {
    item = NewNode(Kind::kStar);
    item->token = static_cast<uint32_t>(in_.position());
    in_.Consume();
  } else {
    item = Expression();
  }
  if (item == nullptr || item->kind != Kind::kStar) return item;
  bool excludes = (in_.IsWord("EXCLUDE") || in_.IsWord("EXCEPT")) && in_.IsSymbol("(", 1) &&
                  !in_.IsWord("SELECT", 2);
  if (!excludes) return item;
  in_.Consume();
  in_.Consume();
  do {
    if (!Add(item.get(), QualifiedName("a column"))) return nullptr;
  } while (in_.ConsumeSymbol(","));
  return in_.NeedSymbol(")") ? std::move(item) : nullptr;
}

NodePtr ExpressionParser::List() {
  NodePtr list = NewNode(Kind::kList);
  do {
    if (!Add(list.get(), Expression())) return nullptr;
  } while (in_.ConsumeSymbol(","));
  return list;
}

NodePtr ExpressionParser::SortKeys() {
  NodePtr keys = NewNode(Kind::kOrder);
  do {
    NodePtr key = NewNode(Kind::kSortKey, "ASC");
    if (in_.ConsumeWord("ALL")) {
      key->children.push_back(NewNode(Kind::kWord, "ALL"));
    } else if (!Add(key.get(), Expression())) {
      return nullptr;
    }
    if (in_.ConsumeWord("DESC")) key->text = "DESC";
    if (key->text == "ASC") in_.ConsumeWord("ASC");
    if (in_.ConsumeWords({"NULLS", "FIRST"})) key->parts = {"FIRST"};
    if (in_.ConsumeWords({"NULLS", "LAST"})) key->parts = {"LAST"};
    keys->children.push_back(std::move(key));
  } while (in_.ConsumeSymbol(","));
  return keys;
}

}  // namespace stateserver::schema::query
