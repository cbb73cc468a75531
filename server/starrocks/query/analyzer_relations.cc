// SPDX-License-Identifier: Apache-2.0
//
// The part of the analysis that follows FROM.

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

#include "common/text.h"
#include "server/starrocks/query/analyzer.h"
#include "server/starrocks/query/types.h"

namespace stateserver::schema::query {

namespace {

// Returns the names of the columns of a table function, if they are known.
std::vector<std::string> ColumnsOfFunction(const Node& function) {
  constexpr std::array<std::string_view, 2> kNamedAfterThem = {"unnest", "generate_series"};
  const std::string name = Lower(function.parts.back());
  const bool known =
      std::find(kNamedAfterThem.begin(), kNamedAfterThem.end(), name) != kNamedAfterThem.end();
  if (!known || (name == "unnest" && function.children.size() != 2)) return {};
  return {name};
}

}  // namespace

void Analyzer::AddRelation(Node* relation, Scope* scope, bool hidden) {
  if (relation->kind == Kind::kJoined) return AddJoined(relation, scope);
  ScopeRelation added;
  switch (relation->kind) {
    case Kind::kTable:
      added.columns = Table(relation, &added);
      break;
    case Kind::kFunction:
      added.columns = Function(relation, scope);
      break;
    case Kind::kDerived:
      added.columns = Query(relation->children[1].get(), scope->parent());
      break;
    default: {  // PIVOT
      Scope inner(scope->parent());
      AddRelation(relation->children[1].get(), &inner);
      NoteStar(Node(Kind::kStar), inner);
    }
  }
  if (relation->children[0] != nullptr) {
    added.columns = Renamed(added.columns, relation->children[0]->parts);
  }
  if (added.columns != nullptr && !Afford(added.columns->size())) added.columns = nullptr;
  added.label = relation->text;
  added.hidden = hidden;
  scope->Add(std::move(added));
}

void Analyzer::AddJoined(Node* joined, Scope* scope) {
  AddRelation(joined->children[0].get(), scope);
  for (size_t i = 1; i < joined->children.size(); ++i) {
    Node& join = *joined->children[i];
    const bool one_sided = join.text.ends_with("SEMI") || join.text.ends_with("ANTI");
    if (one_sided && join.text.starts_with("RIGHT")) scope->HideAll();
    AddRelation(join.children[0].get(), scope, one_sided && !join.text.starts_with("RIGHT"));
    if (join.children[1] == nullptr) continue;
    if (join.children[1]->kind == Kind::kColumns) {
      Using(*join.children[1], scope);
    } else {
      Resolve(&join.children[1], *scope);
    }
  }
}

// Notes that the columns are read of the last relation and of one before it.
void Analyzer::Using(const Node& columns, Scope* scope) {
  scope->MergeColumns();
  for (const std::string& column : columns.parts) {
    Scope::Found left = scope->Find({column}, database_);
    for (const ScopeRelation* relation :
         std::initializer_list<const ScopeRelation*>{left.relation, &scope->relations().back()}) {
      if (relation != nullptr && relation->object) {
        out_.columns[*relation->object].insert(Lower(column));
      }
    }
    if (left.relation == nullptr) out_.unresolved.insert(Lower(column));
  }
}

OutputColumns Analyzer::Table(Node* table, ScopeRelation* out) {
  for (size_t i = 1; i < table->children.size(); ++i) {
    for (NodePtr& value : table->children[i]->children) Resolve(&value, Scope(nullptr));
  }
  std::vector<std::string>& parts = table->parts;
  if (table->text.empty()) table->text = parts.back();
  if (parts.size() == 1) {
    auto cte = ctes_.find(parts[0]);
    if (cte != ctes_.end() && !cte->second.empty()) return cte->second.back();
    parts.insert(parts.begin(), database_);
  } else if (parts.size() == 3 && Lower(parts[0]) == "default_catalog") {
    parts.erase(parts.begin());
  }
  if (parts.size() != 2) {
    std::string name;
    for (const std::string& part : parts) AppendTo(&name, name.empty() ? "" : ".", part);
    out_.external.insert(std::move(name));
    return nullptr;
  }
  out->object = ObjectName{parts[0], parts[1]};
  out_.relations.insert(*out->object);
  return source_ == nullptr ? nullptr : source_->ColumnsOf(*out->object);
}

OutputColumns Analyzer::Function(Node* function, Scope* scope) {
  for (size_t i = 1; i < function->children.size(); ++i) Resolve(&function->children[i], *scope);
  for (std::string& part : function->parts) part = Lower(part);
  if (function->text.empty()) function->text = function->parts.back();
  std::vector<std::string> names = ColumnsOfFunction(*function);
  if (names.empty()) return nullptr;
  if (function->children[0] == nullptr) {
    function->children[0] = NewNode(Kind::kColumns);
    function->children[0]->parts = names;
  }
  std::vector<OutputColumn> columns;
  for (std::string& name : names) columns.push_back({std::move(name), nullptr});
  if (function->parts.back() == "unnest") {
    columns[0].type = ElementType(TypeOf(*function->children[1]));
  }
  return Shared(std::move(columns));
}

}  // namespace stateserver::schema::query
