// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/inactivation.h"

#include <algorithm>

namespace stateserver::schema {

Inactivation::Inactivation(const std::vector<const Object*>& objects, ReferenceCache* references,
                           WorkMeter* meter)
    : references_(*references), meter_(*meter) {
  for (const Object* object : objects) {
    if (!std::holds_alternative<Table>(object->definition)) views_[object->name] = object;
  }
}

void Inactivation::Touch(const ObjectName& name, const std::vector<std::string>& columns) {
  if (!columns.empty()) touched_[name].insert(columns.begin(), columns.end());
}

bool Inactivation::Reaches(const Object& view) const {
  if (touched_.empty()) return false;
  std::set<ObjectName> seen;
  return Reaches(view, {}, false, &seen);
}

// `columns` are the names that the queries above use. A view in between passes on more than they
// need, so columns that they do not name count only if the view itself names them.
bool Inactivation::Reaches(const Object& view, const std::set<std::string>& columns, bool star,
                           std::set<ObjectName>* seen) const {
  auto found = views_.find(view.name);
  if (found == views_.end() || !seen->insert(view.name).second) return false;
  const References& reads = references_.Of(*found->second);
  if (!meter_.MayContinue(static_cast<int64_t>(columns.size() + reads.words.size()))) return false;
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
