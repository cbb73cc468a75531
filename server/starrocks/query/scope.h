// SPDX-License-Identifier: Apache-2.0
//
// The relations that names in a part of a query may refer to.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/text.h"
#include "server/starrocks/query/analysis.h"
#include "server/starrocks/query/columns.h"
#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

struct ScopeRelation {
  std::string label;                 // alias or last name
  std::optional<ObjectName> object;  // absent for subqueries, functions and names of WITH
  OutputColumns columns;             // null if unknown
  bool hidden = false;               // not among the columns of `*`: right side of LEFT SEMI
};

// Scope holds the relations of one FROM, and the scope around it.
class Scope {
 public:
  explicit Scope(const Scope* parent) : parent_(parent) {}

  void Add(ScopeRelation relation);
  // Hides the relations so far from `*`.
  void HideAll() { hidden_ = relations_.size(); }
  void MergeColumns() { merges_ = true; }  // JOIN … USING
  const std::deque<ScopeRelation>& relations() const { return relations_; }
  bool merges() const { return merges_; }
  const Scope* parent() const { return parent_; }

  struct Found {
    const ScopeRelation* relation = nullptr;  // null if the name was not found
    const OutputColumn* column = nullptr;     // null if its columns are unknown
    size_t qualifiers = 0;                    // parts of the name before the column
  };
  // Finds the relation and column of a name in this scope or those around it.
  Found Find(const std::vector<std::string>& parts, std::string_view database) const;

  // Returns true if this scope itself, without those around it, has a column of that name.
  bool Has(const std::string& column) const { return columns_.contains(Lower(column)); }
  // Returns true if some relation of this scope itself has unknown columns.
  bool has_unknown() const { return has_unknown_; }

  // Calls `visit` with each relation that `parts` (a qualifier of `*`, or empty) stands for.
  template <typename Visit>
  void ForEachOf(const std::vector<std::string>& parts, std::string_view database,
                 Visit visit) const {
    for (size_t i = 0; i < relations_.size(); ++i) {
      const ScopeRelation& relation = relations_[i];
      const bool stands = parts.empty() ? i >= hidden_ && !relation.hidden
                                        : Qualifies(parts, parts.size(), relation, database);
      if (stands) visit(relation);
    }
  }

 private:
  static bool Qualifies(const std::vector<std::string>& parts, size_t count,
                        const ScopeRelation& relation, std::string_view database);
  const OutputColumn* ColumnOf(const ScopeRelation& relation, const std::string& name) const;
  Found FindQualified(const std::vector<std::string>& parts, std::string_view database) const;

  const Scope* parent_;
  std::deque<ScopeRelation> relations_;  // their addresses stay
  std::unordered_map<std::string, std::vector<const ScopeRelation*>> labels_;
  std::unordered_map<std::string, Found> columns_;  // by name in lower case; the first of each
  // The columns of the relations that qualified names used, by name in lower case.
  mutable std::unordered_map<const ScopeRelation*,
                             std::unordered_map<std::string, const OutputColumn*>>
      by_relation_;
  size_t hidden_ = 0;  // relations at the front that `*` omits
  bool merges_ = false;
  bool has_unknown_ = false;
};

}  // namespace stateserver::schema::query
