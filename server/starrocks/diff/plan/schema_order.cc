// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/schema_order.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "server/starrocks/diff/compare/normal_table.h"
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

// UndoSorter orders the undo of steps. It visits views as they were before the plan, those that
// others read first.
class UndoSorter {
 public:
  UndoSorter(const Plan& plan, const std::vector<RemovedColumns>& removed, const Pairing& pairing,
             ReferenceCache* references)
      : plan_(plan),
        removed_(removed),
        pairing_(pairing),
        references_(*references),
        placed_(plan.steps.size(), false) {
    for (size_t i = 0; i < plan.steps.size(); ++i) steps_[plan.steps[i].object].push_back(i);
    for (const auto& [name, object] : pairing.declared()) {
      const LiveObject* live = pairing.Counterpart(name);
      if (live != nullptr && live->object.name != name) renamed_[live->object.name] = name;
    }
  }

  std::vector<size_t> Sort() {
    // A new view goes before the columns that it reads.
    for (size_t i = plan_.steps.size(); i-- > 0;) {
      bool last = steps_[plan_.steps[i].object].back() == i;
      bool table = plan_.steps[i].statement.starts_with("CREATE TABLE");
      if (plan_.steps[i].before == kNoObject && last && !table) Place(i);
    }
    for (size_t i = plan_.steps.size(); i-- > 0;) {
      if (placed_[i]) continue;
      const Object* before = Before(plan_.steps[i].object);
      if (before != nullptr && !IsTable(*before)) Visit(before);
      Place(i);
    }
    return std::move(order_);
  }

 private:
  static bool IsTable(const Object& object) {
    return std::holds_alternative<Table>(object.definition);
  }

  void Place(size_t i) {
    if (!placed_[i]) order_.push_back(i);
    placed_[i] = true;
  }

  // Returns the object of a step as it was before the plan, or null if it was not there.
  const Object* Before(const ObjectName& name) const {
    if (const LiveObject* live = pairing_.Counterpart(name)) return &live->object;
    auto found = pairing_.live().find(name);
    return found == pairing_.live().end() ? nullptr : &found->second->object;
  }

  // Returns the steps of a live object in the order of the plan.
  std::vector<size_t> StepsOf(const Object& live) const {
    std::vector<size_t> out;
    auto add = [&](const ObjectName& name) {
      auto found = steps_.find(name);
      if (found == steps_.end()) return;
      out.insert(out.end(), found->second.begin(), found->second.end());
    };
    add(live.name);
    if (auto found = renamed_.find(live.name); found != renamed_.end()) add(found->second);
    std::sort(out.begin(), out.end());
    return out;
  }

  // Iterative, because a chain of views may be long.
  void Visit(const Object* first) {
    std::vector<const Object*> open = {first};
    while (!open.empty()) {
      const Object* view = open.back();
      if (seen_.insert(view).second) {
        for (const ObjectName& name : references_.Of(*view).relations) {
          auto found = pairing_.live().find(name);
          if (found == pairing_.live().end()) continue;
          const Object* read = &found->second->object;
          if (!IsTable(*read) && !seen_.contains(read)) open.push_back(read);
        }
        continue;
      }
      open.pop_back();
      if (done_.insert(view).second) PlaceView(*view);
    }
  }

  void PlaceView(const Object& view) {
    std::vector<size_t> steps = StepsOf(view);
    if (steps.empty()) return;
    const References& reads = references_.Of(view);
    for (const ObjectName& name : reads.relations) {
      auto found = pairing_.live().find(name);
      if (found == pairing_.live().end() || !IsTable(found->second->object)) continue;
      PlaceTable(StepsOf(found->second->object), renamed_.contains(name), reads);
    }
    for (size_t i = steps.size(); i-- > 0;) Place(steps[i]);
  }

  // Places the steps of a table that took away what the view reads, and those after them.
  void PlaceTable(const std::vector<size_t>& steps, bool renamed, const References& reads) {
    bool replaced = std::any_of(steps.begin(), steps.end(), [&](size_t step) {
      return plan_.steps[step].step_class == StepClass::kCreate;
    });
    size_t first = 0;
    bool all = renamed || replaced;
    while (first < steps.size() && !all && !TakesAway(steps[first], reads)) ++first;
    for (size_t i = steps.size(); i-- > first;) Place(steps[i]);
  }

  bool TakesAway(size_t step, const References& reads) const {
    StepClass step_class = plan_.steps[step].step_class;
    if (step_class == StepClass::kCopySwap || step_class == StepClass::kDrop) return true;
    const std::vector<std::string>& columns = removed_[step].columns;
    return std::any_of(columns.begin(), columns.end(),
                       [&](const std::string& column) { return reads.words.contains(column); });
  }

  const Plan& plan_;
  const std::vector<RemovedColumns>& removed_;
  const Pairing& pairing_;
  ReferenceCache& references_;
  std::map<ObjectName, std::vector<size_t>> steps_;
  std::map<ObjectName, ObjectName> renamed_;  // live names of renamed objects
  std::set<const Object*> seen_, done_;
  std::vector<bool> placed_;
  std::vector<size_t> order_;
};

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
  return UndoSorter(plan, removed, pairing, references).Sort();
}

}  // namespace stateserver::schema
