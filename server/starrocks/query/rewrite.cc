// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/rewrite.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "common/text.h"
#include "server/starrocks/query/expression_parser.h"
#include "server/starrocks/query/rewrite_calls.h"

namespace stateserver::schema::query {

namespace {

using Kind = Node::Kind;

constexpr std::string_view kQualifyTable = "__QUALIFY__TABLE";
constexpr std::string_view kQualifyValue = "__QUALIFY__VALUE";

std::string_view OneSpelling(std::string_view text) {
  if (text == "<>") return "!=";
  if (text == "||") return "OR";
  if (text == "&&") return "AND";
  return text == "MOD" ? "%" : text;
}

int PrecedenceOfChain(const Node& chain) { return PrecedenceOf(chain.parts[0]); }

// Merges chains of the same precedence: `(a + b) - c`, and `a AND (b AND c)`.
void FlattenChain(Node* chain) {
  for (std::string& part : chain->parts) part = OneSpelling(part);
  const int precedence = PrecedenceOfChain(*chain);
  const bool associative = precedence <= Precedence::kAnd;
  const bool needed =
      std::any_of(chain->children.begin(), chain->children.end(), [&](const NodePtr& child) {
        return child->kind == Kind::kChain && PrecedenceOfChain(*child) == precedence;
      });
  if (!needed) return;
  std::vector<std::string> parts;
  std::vector<NodePtr> children;
  for (size_t i = 0; i < chain->children.size(); ++i) {
    NodePtr& child = chain->children[i];
    if (i > 0) parts.push_back(chain->parts[i - 1]);
    const bool merges = child->kind == Kind::kChain && PrecedenceOfChain(*child) == precedence &&
                        (i == 0 || associative);
    if (!merges) {
      children.push_back(std::move(child));
      continue;
    }
    std::move(child->parts.begin(), child->parts.end(), std::back_inserter(parts));
    std::move(child->children.begin(), child->children.end(), std::back_inserter(children));
  }
  chain->parts = std::move(parts);
  chain->children = std::move(children);
}

// Returns the comparison that is true where this one is false, or "".
std::string_view Opposite(std::string_view comparison) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOpposites = {
      {{"=", "!="}, {"!=", "="}, {"<", ">="}, {">=", "<"}, {">", "<="}, {"<=", ">"}}};
  for (const auto& [one, other] : kOpposites) {
    if (one == comparison) return other;
  }
  return "";
}

void Negate(NodePtr* node);

// Returns false if the chain stays as it is.
bool NegateChain(Node* chain) {
  const int precedence = PrecedenceOfChain(*chain);
  if (precedence <= Precedence::kAnd) {
    for (std::string& part : chain->parts) part = part == "AND" ? "OR" : "AND";
    for (NodePtr& child : chain->children) Negate(&child);
    FlattenChain(chain);
    return true;
  }
  if (precedence != Precedence::kPredicate || chain->parts.size() != 1) return false;
  std::string_view opposite = Opposite(chain->parts[0]);
  if (opposite.empty()) return false;
  chain->parts[0] = opposite;
  return true;
}

// Replaces a rewritten condition by its opposite.
void Negate(NodePtr* node) {
  Node& value = **node;
  switch (value.kind) {
    case Kind::kBetween:
    case Kind::kIn:
    case Kind::kLike:
    case Kind::kIs:
      value.negated = !value.negated;
      return;
    case Kind::kUnary:
      if (value.text == "NOT") {
        NodePtr inner = std::move(value.children[0]);
        *node = std::move(inner);
        return;
      }
      break;
    case Kind::kChain:
      if (NegateChain(&value)) return;
      break;
    default:
      break;
  }
  NodePtr negation = NewNode(Kind::kUnary, "NOT");
  negation->children.push_back(std::move(*node));
  *node = std::move(negation);
}

void RewriteUnary(NodePtr* node) {
  Node& unary = **node;
  NodePtr value = std::move(unary.children[0]);
  if (unary.text == "NOT" || unary.text == "!") {
    Negate(&value);
  } else if (unary.text == "-" && value->kind == Kind::kNumber) {
    const bool negative = value->text.starts_with('-');
    value->text = negative ? value->text.substr(1) : "-" + value->text;
  } else if (unary.text == "-") {
    NodePtr product = NewNode(Kind::kChain);
    product->parts = {"*"};
    product->children.push_back(NewNode(Kind::kNumber, "-1"));
    product->children.push_back(std::move(value));
    value = std::move(product);
  } else if (unary.text == "~") {
    unary.children[0] = std::move(value);
    return;
  }
  *node = std::move(value);
}

bool IsQualifyName(const Node& name, std::string_view column) {
  return name.kind == Kind::kName && name.parts.size() == 2 && name.parts[0] == kQualifyTable &&
         (column.empty() || name.parts[1] == column);
}

// Returns the select inside a printed QUALIFY, or null.
Node* QualifiedSelect(const Node& select) {
  const Node* from = select.children[Node::kFrom].get();
  if (from == nullptr || from->children.size() != 1 || select.children[Node::kWhere] == nullptr) {
    return nullptr;
  }
  const Node& derived = *from->children[0];
  if (derived.kind != Kind::kDerived || derived.text != kQualifyTable) return nullptr;
  Node* inner = derived.children[1]->children[Node::kBody].get();
  if (inner == nullptr || inner->kind != Kind::kSelect) return nullptr;
  const auto& items = select.children[Node::kItems]->children;
  const auto& inner_items = inner->children[Node::kItems]->children;
  if (inner_items.size() != items.size() + 1 || inner_items.back()->text != kQualifyValue) {
    return nullptr;
  }
  for (const NodePtr& item : items) {
    if (item->kind != Kind::kItem || !IsQualifyName(*item->children[0], "")) return nullptr;
  }
  return inner;
}

// Puts the value, which may be used once, in the place of its name.
void ReplaceQualifyValue(NodePtr* node, NodePtr* value) {
  if (*node == nullptr || *value == nullptr) return;
  if (IsQualifyName(**node, kQualifyValue)) {
    *node = std::move(*value);
    return;
  }
  for (NodePtr& child : (*node)->children) ReplaceQualifyValue(&child, value);
}

// The engine prints `… QUALIFY condition` as a select from a select with the window function.
void RestoreQualify(NodePtr* node) {
  Node* inner = QualifiedSelect(**node);
  if (inner == nullptr) return;
  NodePtr condition = std::move((*node)->children[Node::kWhere]);
  auto& inner_items = inner->children[Node::kItems]->children;
  NodePtr value = std::move(inner_items.back()->children[0]);
  inner_items.pop_back();
  ReplaceQualifyValue(&condition, &value);
  inner->children[Node::kQualify] = std::move(condition);
  Node& derived = *(*node)->children[Node::kFrom]->children[0];
  NodePtr select = std::move(derived.children[1]->children[Node::kBody]);
  *node = std::move(select);
}

// (a UNION b) UNION c
void FlattenSets(Node* sets) {
  if (sets->children[0]->kind != Kind::kSets) return;
  auto intersects = [](const Node& one) { return one.parts[0].starts_with("INTERSECT"); };
  NodePtr first = std::move(sets->children[0]);
  if (intersects(*first) != intersects(*sets)) {
    sets->children[0] = std::move(first);
    return;
  }
  std::move(sets->parts.begin(), sets->parts.end(), std::back_inserter(first->parts));
  std::move(sets->children.begin() + 1, sets->children.end(), std::back_inserter(first->children));
  sets->parts = std::move(first->parts);
  sets->children = std::move(first->children);
}

// ASC sorts NULL first, DESC last.
void RewriteSortKey(Node* key) {
  if (key->parts.empty()) return;
  if ((key->text == "ASC") == (key->parts[0] == "FIRST")) key->parts.clear();
}

void RewriteFrame(Node* window) {
  for (std::string_view unit : {"ROWS ", "RANGE "}) {
    std::string_view frame = window->text;
    if (!frame.starts_with(unit) || frame.substr(unit.size()).starts_with("BETWEEN ")) continue;
    window->text = Cat(unit, "BETWEEN ", frame.substr(unit.size()), " AND CURRENT ROW");
  }
}

void RewriteNumber(Node* number) {
  if (number->text.starts_with('.')) number->text.insert(0, "0");
}

void RewriteCast(Node* cast) {
  if (cast->type->name != "VARCHAR" || cast->type->length) return;
  DataType type = *cast->type;
  type.length = kStringLength;
  cast->type = std::make_shared<DataType>(std::move(type));
}

}  // namespace

void Rewrite(NodePtr* tree) {
  if (*tree == nullptr) return;
  for (NodePtr& child : (*tree)->children) Rewrite(&child);
  switch ((*tree)->kind) {
    case Kind::kChain:
      FlattenChain(tree->get());
      return RewriteDates(tree->get());
    case Kind::kUnary:
      return RewriteUnary(tree);
    case Kind::kCall:
      return RewriteCall(tree);
    case Kind::kName:
      return RewriteLambdaName(tree->get());
    case Kind::kSelect:
      return RestoreQualify(tree);
    case Kind::kSets:
      return FlattenSets(tree->get());
    case Kind::kSortKey:
      return RewriteSortKey(tree->get());
    case Kind::kWindow:
      return RewriteFrame(tree->get());
    case Kind::kNumber:
      return RewriteNumber(tree->get());
    case Kind::kCast:
      return RewriteCast(tree->get());
    default:
      return;
  }
}

}  // namespace stateserver::schema::query
