// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/schema_order.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "server/starrocks/diff/compare/properties.h"

namespace stateserver::schema {

namespace {

// ForeignKeySorter visits parents before children.
class ForeignKeySorter {
 public:
  explicit ForeignKeySorter(const std::vector<const Object*>& objects) : objects_(objects) {
    for (const Object* object : objects) by_name_[object->name] = object;
  }

  std::vector<const Object*> Sort() {
    for (const Object* object : objects_) Visit(object);
    return std::move(out_);
  }

 private:
  // Iterative, because a chain of parents may be long.
  void Visit(const Object* first) {
    std::vector<const Object*> open = {first};
    while (!open.empty()) {
      const Object* object = open.back();
      if (!seen_.insert(object).second) {
        if (done_.insert(object).second) out_.push_back(object);
        open.pop_back();
        continue;
      }
      for (const ObjectName& parent : ParentsOf(*object)) {
        auto found = by_name_.find(parent);
        if (found != by_name_.end() && !seen_.contains(found->second)) {
          open.push_back(found->second);
        }
      }
    }
  }

  const std::vector<const Object*>& objects_;
  std::map<ObjectName, const Object*> by_name_;
  std::set<const Object*> seen_, done_;
  std::vector<const Object*> out_;
};

// Returns true if the object, as it is before the plan, reads one of the columns.
bool ReadBefore(const ObjectName& name, const RemovedColumns& removed, const Pairing& pairing,
                ReferenceCache* references) {
  auto live = pairing.live().find(name);
  if (live == pairing.live().end()) return false;
  const Object& object = live->second->object;
  if (std::holds_alternative<Table>(object.definition)) return false;
  const References& reads = references->Of(object);
  return reads.relations.contains(removed.table) &&
         std::any_of(removed.columns.begin(), removed.columns.end(),
                     [&](const std::string& column) { return reads.words.contains(column); });
}

}  // namespace

std::vector<ObjectName> ParentsOf(const Object& object) {
  const auto* table = std::get_if<Table>(&object.definition);
  if (table == nullptr) return {};
  auto found = table->properties.find("foreign_key_constraints");
  if (found == table->properties.end()) return {};
  std::vector<ObjectName> parents = ForeignKeyParents(found->second, object.name.database);
  std::erase(parents, object.name);
  return parents;
}

void OrderByForeignKeys(std::vector<const Object*>* objects) {
  std::vector<const Object*> sorted = ForeignKeySorter(*objects).Sort();
  *objects = std::move(sorted);
}

std::vector<size_t> UndoOrder(const Plan& plan, const std::vector<RemovedColumns>& removed,
                              const Pairing& pairing, ReferenceCache* references) {
  std::vector<size_t> order;
  std::vector<bool> placed(plan.steps.size(), false);
  auto place = [&](size_t i) {
    if (!placed[i]) order.push_back(i);
    placed[i] = true;
  };
  std::vector<size_t> removing;
  for (size_t i = 0; i < removed.size(); ++i) {
    if (!removed[i].columns.empty()) removing.push_back(i);
  }
  for (size_t i = plan.steps.size(); i-- > 0;) {
    if (placed[i]) continue;
    for (size_t j : removing) {
      if (j >= i || placed[j]) continue;
      if (!ReadBefore(plan.steps[i].object, removed[j], pairing, references)) continue;
      // The later steps of the table go with it, and its renaming stays behind.
      for (size_t k = i; k-- > j;) {
        if (plan.steps[k].object == plan.steps[j].object) place(k);
      }
    }
    place(i);
  }
  return order;
}

}  // namespace stateserver::schema
