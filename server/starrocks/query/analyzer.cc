// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/analyzer.h"

#include <set>

#include "absl/strings/numbers.h"
#include "common/text.h"
#include "server/starrocks/query/parser.h"
#include "server/starrocks/query/print.h"
#include "server/starrocks/query/rewrite.h"
#include "server/starrocks/query/tree_compare.h"
#include "server/starrocks/query/types.h"

namespace stateserver::schema::query {

namespace {

constexpr size_t kMostAliasBytes = 1024;  // of an alias that may be the text of its expression

std::vector<std::string> NamesOf(const OutputColumns& columns) {
  std::vector<std::string> names;
  if (columns == nullptr) return names;
  for (const OutputColumn& column : *columns) {
    if (column.name.empty()) return {};
    names.push_back(column.name);
  }
  return names;
}

bool IsPlainWord(std::string_view text) {
  return text.find_first_of(" ()'\"+-*/<>=.,[]{}!%&|^~0123456789") == text.npos;
}

}  // namespace

OutputColumns Analyzer::Shared(std::vector<OutputColumn> columns) {
  return std::make_shared<const std::vector<OutputColumn>>(std::move(columns));
}

OutputColumns Analyzer::Renamed(const OutputColumns& columns,
                                const std::vector<std::string>& names) {
  if (names.empty()) return columns;
  std::vector<OutputColumn> out(names.size());
  if (columns != nullptr && columns->size() == names.size()) out = *columns;
  for (size_t i = 0; i < names.size(); ++i) out[i].name = names[i];
  return Shared(std::move(out));
}

bool Analyzer::Afford(size_t columns) {
  if (columns > columns_left_) return false;
  columns_left_ -= columns;
  return true;
}

OutputColumns Analyzer::Query(Node* query, const Scope* parent) {
  Node* with = query->children[Node::kWithClause].get();
  if (with != nullptr) With(with, parent);
  OutputColumns output =
      Body(query->children[Node::kBody].get(), parent, query->children[Node::kOrderBy].get());
  if (with != nullptr) {
    for (const NodePtr& cte : with->children) ctes_[cte->text].pop_back();
  }
  return output;
}

size_t Analyzer::With(Node* with, const Scope* parent) {
  for (NodePtr& cte : with->children) {
    std::vector<OutputColumns>& named = ctes_[cte->text];
    const bool recursive = with->text == "RECURSIVE";
    if (recursive) named.push_back(Renamed(nullptr, cte->parts));
    OutputColumns output = Renamed(Query(cte->children[0].get(), parent), cte->parts);
    if (recursive) ctes_[cte->text].pop_back();
    if (cte->parts.empty()) cte->parts = NamesOf(output);
    ctes_[cte->text].push_back(std::move(output));
  }
  return with->children.size();
}

OutputColumns Analyzer::Body(Node* body, const Scope* parent, Node* order) {
  switch (body->kind) {
    case Kind::kSelect:
      return Select(body, parent, order);
    case Kind::kSets:
      return Sets(body, parent, order);
    case Kind::kQuery:
      return Query(body, parent);
    default: {  // VALUES
      Scope scope(parent);
      for (NodePtr& row : body->children) Resolve(&row, scope);
      return nullptr;
    }
  }
}

OutputColumns Analyzer::Sets(Node* sets, const Scope* parent, Node* order) {
  OutputColumns output;
  std::vector<OutputColumn> merged;
  for (size_t i = 0; i < sets->children.size(); ++i) {
    OutputColumns one = Body(sets->children[i].get(), parent, nullptr);
    if (i == 0) {
      output = one;
      if (one != nullptr && Afford(one->size())) merged = *one;
      continue;
    }
    const bool compares = one != nullptr && Afford(merged.size());
    for (size_t at = 0; at < merged.size(); ++at) {
      const bool same = compares && at < one->size() && merged[at].type != nullptr &&
                        (*one)[at].type != nullptr && *merged[at].type == *(*one)[at].type;
      if (!same) merged[at].type = nullptr;
    }
  }
  if (order != nullptr) {
    Node items(Kind::kList);
    Aliases names;
    for (size_t i = 0; i < merged.size(); ++i) names.try_emplace(Lower(merged[i].name), i);
    SortKeys(order, items, names, Scope(parent));
  }
  return output == nullptr || merged.empty() ? nullptr : Shared(std::move(merged));
}

OutputColumns Analyzer::Select(Node* select, const Scope* parent, Node* order) {
  Scope scope(parent);
  if (Node* from = select->children[Node::kFrom].get(); from != nullptr) {
    for (NodePtr& relation : from->children) AddRelation(relation.get(), &scope);
  }
  const Aliases* outer = std::exchange(aliases_, nullptr);
  Resolve(&select->children[Node::kWhere], scope);
  Items(select, scope);
  Aliases aliases;
  const Node& items = *select->children[Node::kItems];
  for (size_t i = 0; i < items.children.size(); ++i) {
    const Node& item = *items.children[i];
    if (item.kind == Kind::kItem && !item.text.empty()) aliases.try_emplace(Lower(item.text), i);
  }
  aliases_ = &aliases;
  for (size_t clause : {Node::kGroupBy, Node::kHaving, Node::kQualify}) {
    Resolve(&select->children[clause], scope);
  }
  aliases_ = nullptr;
  if (order != nullptr) SortKeys(order, items, aliases, scope);
  aliases_ = outer;
  return OutputOf(items);
}

void Analyzer::Items(Node* select, const Scope& scope) {
  std::vector<NodePtr>& items = select->children[Node::kItems]->children;
  std::vector<NodePtr> expanded;
  for (NodePtr& item : items) {
    if (item->kind == Kind::kStar) {
      ExpandStar(std::move(item), scope, &expanded);
    } else {
      Item(item.get(), scope);
      expanded.push_back(std::move(item));
    }
  }
  items = std::move(expanded);
}

// Notes that the columns of a `*` are read; returns false if they are not known.
bool Analyzer::NoteStar(const Node& star, const Scope& scope) {
  if (!Afford(scope.relations().size())) return false;
  size_t relations = 0, columns = 0;
  bool known = true;
  scope.ForEachOf(star.parts, database_, [&](const ScopeRelation& relation) {
    ++relations;
    if (relation.object) out_.columns[*relation.object].insert("*");
    known = known && relation.columns != nullptr;
    if (relation.columns == nullptr) return;
    columns += relation.columns->size();
    for (const OutputColumn& column : *relation.columns) known = known && !column.name.empty();
  });
  // A joined column of USING appears once; how it is printed was not measured.
  return known && relations > 0 && !(scope.merges() && star.parts.empty()) && Afford(columns);
}

void Analyzer::ExpandStar(NodePtr star, const Scope& scope, std::vector<NodePtr>* out) {
  if (!NoteStar(*star, scope)) {
    out->push_back(std::move(star));
    return;
  }
  std::set<std::string> excluded;
  for (const NodePtr& column : star->children) excluded.insert(Lower(column->parts.back()));
  scope.ForEachOf(star->parts, database_, [&](const ScopeRelation& relation) {
    if (relation.object) {
      out_.columns[*relation.object].erase("*");
    }
    for (const OutputColumn& column : *relation.columns) {
      if (excluded.contains(Lower(column.name))) continue;
      if (relation.object) out_.columns[*relation.object].insert(Lower(column.name));
      NodePtr item = NewNode(Kind::kItem), name = NewNode(Kind::kName);
      name->parts = {relation.label, column.name};
      name->type = column.type;
      item->children.push_back(std::move(name));
      out->push_back(std::move(item));
    }
  });
}

void Analyzer::Item(Node* item, const Scope& scope) {
  const Node& value = *item->children[0];
  // `a AS a` is `a`.
  if (value.kind == Kind::kName && value.parts.back() == item->text) item->text.clear();
  Resolve(item->children.data(), scope);
  if (!item->text.empty() && IsOwnText(*item, scope)) item->text.clear();
}

// The engine uses the text of an expression as its alias.
bool Analyzer::IsOwnText(const Node& item, const Scope& scope) {
  if (in_alias_ || item.text.size() > kMostAliasBytes || IsPlainWord(item.text)) return false;
  ParsedQuery parsed = ParseQuery(Cat("SELECT ", item.text));
  if (parsed.error) return false;
  Node& body = *parsed.query->children[Node::kBody];
  if (body.kind != Kind::kSelect || body.children[Node::kItems]->children.size() != 1) return false;
  NodePtr& own = body.children[Node::kItems]->children[0];
  if (own->kind != Kind::kItem || !own->text.empty()) return false;
  Rewrite(&own);
  in_alias_ = true;
  Resolve(own->children.data(), scope);
  in_alias_ = false;
  return Matches(*item.children[0], *own->children[0]);
}

OutputColumns Analyzer::OutputOf(const Node& items) {
  std::vector<OutputColumn> output;
  for (const NodePtr& item : items.children) {
    if (item->kind == Kind::kStar) return nullptr;
    const Node& value = *item->children[0];
    std::string name = item->text;
    if (name.empty() && value.kind == Kind::kName) name = value.parts.back();
    output.push_back({std::move(name), TypeOf(value)});
  }
  return Shared(std::move(output));
}

// Returns the index of the item that a key of ORDER BY names by position or alias.
std::optional<size_t> Analyzer::ItemOf(const Node& key, const Node& items, const Aliases& aliases) {
  size_t position = 0;
  if (key.kind == Kind::kNumber && absl::SimpleAtoi(key.text, &position)) {
    if (position == 0) return std::nullopt;
    return position - 1;
  }
  if (key.kind != Kind::kName) return std::nullopt;
  auto alias = aliases.find(Lower(key.parts.back()));
  if (alias == aliases.end()) return std::nullopt;
  if (key.parts.size() == 1) return alias->second;
  // After a set operation, every name is one of its columns.
  if (items.children.empty()) return alias->second;
  // The engine qualifies the alias of a column with the column's relation.
  if (alias->second >= items.children.size()) return std::nullopt;
  const Node& value = *items.children[alias->second]->children[0];
  const bool qualified = value.kind == Kind::kName && value.parts.size() > 1 &&
                         value.parts[0] == key.parts[key.parts.size() - 2];
  return qualified ? std::optional(alias->second) : std::nullopt;
}

// Replaces keys that are items by the position of the first such item.
void Analyzer::SortKeys(Node* order, const Node& items, const Aliases& aliases,
                        const Scope& scope) {
  std::unordered_map<std::string, size_t> texts;
  std::vector<size_t> first(items.children.size());
  for (size_t i = 0; i < items.children.size(); ++i) {
    const Node& item = *items.children[i];
    const std::string text = PrintTree(item.kind == Kind::kItem ? *item.children[0] : item);
    first[i] = texts.try_emplace(text, i).first->second;
  }
  for (NodePtr& key : order->children) {
    NodePtr& value = key->children[0];
    std::optional<size_t> index = ItemOf(*value, items, aliases);
    if (!index) {
      Resolve(&value, scope);
      auto found = texts.find(PrintTree(*value));
      if (found != texts.end()) index = found->second;
    }
    if (!index) continue;
    if (*index < first.size()) index = first[*index];
    value = NewNode(Kind::kWord, Cat("#", *index + 1));
  }
}

void Analyzer::Resolve(NodePtr* node, const Scope& scope) {
  if (*node == nullptr) return;
  switch ((*node)->kind) {
    case Kind::kName:
      return ResolveName(node->get(), scope);
    case Kind::kLambda:
      return ResolveLambda(node->get(), scope);
    case Kind::kSubquery:
    case Kind::kExists: {
      const Aliases* outer = std::exchange(aliases_, nullptr);
      OutputColumns output = Query((*node)->children[0].get(), &scope);
      aliases_ = outer;
      if (output != nullptr && output->size() == 1) (*node)->type = (*output)[0].type;
      return;
    }
    default:
      for (NodePtr& child : (*node)->children) Resolve(&child, scope);
  }
}

void Analyzer::ResolveLambda(Node* lambda, const Scope& scope) {
  for (const std::string& name : lambda->parts) ++parameters_[name];
  for (NodePtr& child : lambda->children) Resolve(&child, scope);
  for (const std::string& name : lambda->parts) --parameters_[name];
}

void Analyzer::ResolveName(Node* name, const Scope& scope) {
  auto parameter = parameters_.find(name->parts[0]);
  if (parameter != parameters_.end() && parameter->second > 0) return;
  Scope::Found found = scope.Find(name->parts, database_);
  const bool alias =
      aliases_ != nullptr && name->parts.size() == 1 && aliases_->contains(Lower(name->parts[0]));
  if (found.relation == nullptr) {
    if (alias) return;
    for (const std::string& part : name->parts) out_.unresolved.insert(Lower(part));
    return;
  }
  const std::string& column = name->parts[found.qualifiers];
  if (found.relation->object) out_.columns[*found.relation->object].insert(Lower(column));
  if (alias) return;  // whether it is the alias or the column was not measured
  if (found.column != nullptr) {
    name->type = found.column->type;
    for (size_t i = found.qualifiers + 1; i < name->parts.size(); ++i) {
      name->type = FieldType(name->type, name->parts[i]);
    }
  }
  std::vector<std::string> parts(name->parts.begin() + static_cast<ptrdiff_t>(found.qualifiers),
                                 name->parts.end());
  parts.insert(parts.begin(), found.relation->label);
  name->parts = std::move(parts);
}

}  // namespace stateserver::schema::query
