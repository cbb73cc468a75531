#include "server/schema/plan/inactivation.h"

#include <algorithm>

#include "server/schema/references/dependency_order.h"

namespace stateserver::schema {

Inactivation::Inactivation(const std::vector<const Object*>& objects) {
  for (const Object* object : objects) {
    if (std::holds_alternative<Table>(object->definition)) continue;
    views_[object->name] = object;
    references_[object->name] = ReferencesOf(QueryOf(*object), object->name.database);
  }
}

void Inactivation::Touch(const ObjectName& name, const std::vector<std::string>& columns) {
  if (!columns.empty()) touched_[name].insert(columns.begin(), columns.end());
}

bool Inactivation::Reaches(const Object& view) const {
  std::set<ObjectName> seen;
  return Reaches(view, {}, false, &seen);
}

// `columns`: names that the queries above use; a view in between passes on more
// than they need, so what they do not name counts only where it names it.
bool Inactivation::Reaches(const Object& view, const std::set<std::string>& columns, bool star,
                           std::set<ObjectName>* seen) const {
  auto found = references_.find(view.name);
  if (found == references_.end() || !seen->insert(view.name).second) return false;
  const References& reads = found->second;
  std::set<std::string> words = columns;
  words.insert(reads.words.begin(), reads.words.end());
  bool all = star || reads.star;
  return std::any_of(reads.relations.begin(), reads.relations.end(), [&](const ObjectName& name) {
    if (auto touched = touched_.find(name); touched != touched_.end()) {
      bool hit = std::any_of(touched->second.begin(), touched->second.end(),
                             [&](const std::string& column) {
                               return column == "*" || all || words.contains(column);
                             });
      if (hit) return true;
    }
    auto between = views_.find(name);
    return between != views_.end() && Reaches(*between->second, words, all, seen);
  });
}

}  // namespace stateserver::schema
