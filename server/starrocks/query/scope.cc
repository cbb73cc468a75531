// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/scope.h"

#include <algorithm>

#include "common/text.h"

namespace stateserver::schema::query {

namespace {

// Relations of one label; only those of several databases can have the same.
constexpr size_t kMostOfOneLabel = 16;

}  // namespace

// Returns true if the first `count` parts name the relation: `t`, `db`.`t`, `catalog`.`db`.`t`.
// The engine also prints the database before an alias.
bool Scope::Qualifies(const std::vector<std::string>& parts, size_t count,
                      const ScopeRelation& relation, std::string_view database) {
  if (count == 0 || count > 3 || parts[count - 1] != relation.label) return false;
  if (count == 1) return true;
  if (count == 3 && Lower(parts[0]) != "default_catalog") return false;
  const std::string& named = parts[count - 2];
  return named == (relation.object ? std::string_view(relation.object->database) : database);
}

void Scope::Add(ScopeRelation relation) {
  const ScopeRelation& added = relations_.emplace_back(std::move(relation));
  std::vector<const ScopeRelation*>& named = labels_[added.label];
  if (named.size() < kMostOfOneLabel) named.push_back(&added);
  if (!added.columns) {
    has_unknown_ = true;
    return;
  }
  for (const OutputColumn& column : *added.columns) {
    columns_.try_emplace(Lower(column.name), Found{&added, &column, 0});
  }
}

const OutputColumn* Scope::ColumnOf(const ScopeRelation& relation, const std::string& name) const {
  auto [names, is_new] = by_relation_.try_emplace(&relation);
  if (is_new) {
    for (const OutputColumn& column : *relation.columns) {
      names->second.try_emplace(Lower(column.name), &column);
    }
  }
  auto found = names->second.find(Lower(name));
  return found == names->second.end() ? nullptr : found->second;
}

Scope::Found Scope::FindQualified(const std::vector<std::string>& parts,
                                  std::string_view database) const {
  for (size_t count = std::min<size_t>(3, parts.size() - 1); count > 0; --count) {
    auto named = labels_.find(parts[count - 1]);
    if (named == labels_.end()) continue;
    for (const ScopeRelation* relation : named->second) {
      if (!Qualifies(parts, count, *relation, database)) continue;
      if (!relation->columns) return {relation, nullptr, count};
      const OutputColumn* column = ColumnOf(*relation, parts[count]);
      if (column != nullptr) return {relation, column, count};
    }
  }
  return {};
}

Scope::Found Scope::Find(const std::vector<std::string>& parts, std::string_view database) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent_) {
    if (parts.size() > 1) {
      Found found = scope->FindQualified(parts, database);
      if (found.relation != nullptr) return found;
    }
    auto found = scope->columns_.find(Lower(parts[0]));
    if (found != scope->columns_.end() && !scope->has_unknown_) return found->second;
    if (!scope->has_unknown_) continue;
    // A relation of unknown columns may have it; it must if there is no other.
    const bool only =
        parts.size() == 1 && scope->relations_.size() == 1 && scope->parent_ == nullptr;
    return only ? Found{&scope->relations_.front(), nullptr, 0} : Found{};
  }
  return {};
}

}  // namespace stateserver::schema::query
