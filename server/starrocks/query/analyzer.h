// SPDX-License-Identifier: Apache-2.0
//
// Resolution of the names of a query.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/starrocks/query/analysis.h"
#include "server/starrocks/query/columns.h"
#include "server/starrocks/query/node.h"
#include "server/starrocks/query/scope.h"

namespace stateserver::schema::query {

// Analyzer resolves one query, in place: see Analyze. It refers to its arguments.
class Analyzer {
 public:
  Analyzer(const std::string& database, ColumnSource* source)
      : database_(database), source_(source) {}

  Analysis Run(Node* query) {
    out_.output = Query(query, nullptr);
    return std::move(out_);
  }

 private:
  using Kind = Node::Kind;
  using Aliases = std::unordered_map<std::string, size_t>;  // by name in lower case

  OutputColumns Query(Node* query, const Scope* parent);
  size_t With(Node* with, const Scope* parent);
  OutputColumns Body(Node* body, const Scope* parent, Node* order);
  OutputColumns Sets(Node* sets, const Scope* parent, Node* order);
  OutputColumns Select(Node* select, const Scope* parent, Node* order);

  void AddRelation(Node* relation, Scope* scope, bool hidden = false);
  void AddJoined(Node* joined, Scope* scope);
  void Using(const Node& columns, Scope* scope);
  OutputColumns Table(Node* table, ScopeRelation* out);
  OutputColumns Function(Node* function, Scope* scope);

  void Items(Node* select, const Scope& scope);
  void ExpandStar(NodePtr star, const Scope& scope, std::vector<NodePtr>* out);
  bool NoteStar(const Node& star, const Scope& scope);
  void Item(Node* item, const Scope& scope);
  bool IsOwnText(const Node& item, const Scope& scope);
  OutputColumns OutputOf(const Node& items);
  void SortKeys(Node* order, const Node& items, const Aliases& aliases, const Scope& scope);
  std::optional<size_t> ItemOf(const Node& key, const Node& items, const Aliases& aliases);

  void Resolve(NodePtr* node, const Scope& scope);
  void ResolveName(Node* name, const Scope& scope);
  void ResolveLambda(Node* lambda, const Scope& scope);
  // Returns false if the query brings too many columns into its scopes.
  bool Afford(size_t columns);
  static OutputColumns Shared(std::vector<OutputColumn> columns);
  // Returns the columns with these names; as they are if there are none.
  static OutputColumns Renamed(const OutputColumns& columns, const std::vector<std::string>& names);

  // Columns that one query may bring into scopes, or that its `*` stand for; more are unknown.
  static constexpr size_t kMostScopeColumns = 4'000'000;

  const std::string& database_;
  ColumnSource* const source_;
  Analysis out_;
  std::unordered_map<std::string, std::vector<OutputColumns>> ctes_;  // the innermost is last
  std::unordered_map<std::string, int> parameters_;                   // of lambda functions
  const Aliases* aliases_ = nullptr;  // may be named in the clause that is being resolved
  size_t columns_left_ = kMostScopeColumns;
  bool in_alias_ = false;
};

}  // namespace stateserver::schema::query
