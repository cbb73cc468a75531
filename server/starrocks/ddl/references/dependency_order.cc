// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/references/dependency_order.h"

#include <algorithm>
#include <map>

#include "common/depth.h"
#include "common/error.h"
#include "common/text.h"

namespace stateserver::schema {
namespace {

class Sorter {
 public:
  Sorter(const std::vector<const Object*>& objects, ReferenceCache* references)
      : references_(*references) {
    for (const Object* object : objects) by_name_[object->name] = object;
  }

  absl::StatusOr<std::vector<const Object*>> Run() {
    for (const auto& [name, object] : by_name_) {
      if (std::holds_alternative<Table>(object->definition)) out_.push_back(object);
    }
    for (const auto& [name, object] : by_name_) {
      RETURN_IF_ERROR(Visit(object).status());
    }
    return std::move(out_);
  }

 private:
  // Through how many views it reads; 0 for a table.
  absl::StatusOr<int> Visit(const Object* object) {
    if (std::holds_alternative<Table>(object->definition)) return 0;
    auto [known, is_new] = depths_.try_emplace(object, kOpen);
    if (!is_new) return known->second == kOpen ? Ring(object) : absl::StatusOr<int>(known->second);
    DepthGuard guard(&level_);
    if (guard.TooDeep()) return TooDeep(object);
    path_.push_back(object);
    int depth = 1;
    for (const ObjectName& name : references_.Of(*object).relations) {
      auto found = by_name_.find(name);
      if (found == by_name_.end()) continue;
      ASSIGN_OR_RETURN(int below, Visit(found->second));
      depth = std::max(depth, below + 1);
    }
    path_.pop_back();
    if (depth > kMostDepth) return TooDeep(object);
    depths_[object] = depth;
    out_.push_back(object);
    return depth;
  }

  static absl::Status TooDeep(const Object* object) {
    const SourcePlace& place = object->place;
    return Error(Reason::SCHEMA_INVALID,
                 Cat(place.source, ":", place.line, ":", place.column, ": ", object->name.Text(),
                     " reads through more than ", kMostDepth, " views"),
                 "Let it read their tables.", {{"file", place.source}, {"line", Cat(place.line)}});
  }

  absl::Status Ring(const Object* object) const {
    std::string ring;
    for (auto at = std::find(path_.begin(), path_.end(), object); at != path_.end(); ++at) {
      AppendTo(&ring, (*at)->name.name, " -> ");
    }
    const SourcePlace& place = object->place;
    return Error(Reason::SCHEMA_INVALID,
                 Cat(place.source, ":", place.line, ":", place.column, ": ", object->name.Text(),
                     " reads itself: ", ring, object->name.name),
                 "Take one of them out of the ring.",
                 {{"file", place.source}, {"line", Cat(place.line)}});
  }

  static constexpr int kOpen = -1;
  std::map<ObjectName, const Object*> by_name_;
  ReferenceCache& references_;
  std::map<const Object*, int> depths_;
  int level_ = 0;
  std::vector<const Object*> path_, out_;
};

}  // namespace

absl::StatusOr<std::vector<const Object*>> DependencyOrder(
    const std::vector<const Object*>& objects, ReferenceCache* references) {
  return Sorter(objects, references).Run();
}

}  // namespace stateserver::schema
