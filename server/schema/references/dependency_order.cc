#include "server/schema/references/dependency_order.h"

#include <algorithm>
#include <map>

#include "common/error.h"
#include "common/text.h"
#include "server/schema/references/references.h"

namespace stateserver::schema {
namespace {

class Sorter {
 public:
  explicit Sorter(const std::vector<const Object*>& objects) {
    for (const Object* object : objects) by_name_[object->name] = object;
  }

  absl::StatusOr<std::vector<const Object*>> Run() {
    for (const auto& [name, object] : by_name_) {
      if (std::holds_alternative<Table>(object->definition)) out_.push_back(object);
    }
    for (const auto& [name, object] : by_name_) {
      if (absl::Status status = Visit(object); !status.ok()) return status;
    }
    return std::move(out_);
  }

 private:
  absl::Status Visit(const Object* object) {
    if (std::holds_alternative<Table>(object->definition)) return absl::OkStatus();
    int& state = state_[object];
    if (state == kDone) return absl::OkStatus();
    if (state == kOpen) return Ring(object);
    state = kOpen;
    path_.push_back(object);
    for (const ObjectName& name : ReferencesOf(QueryOf(*object), object->name.database).relations) {
      auto found = by_name_.find(name);
      if (found != by_name_.end()) RETURN_IF_ERROR(Visit(found->second));
    }
    path_.pop_back();
    state_[object] = kDone;
    out_.push_back(object);
    return absl::OkStatus();
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

  enum { kNew, kOpen, kDone };
  std::map<ObjectName, const Object*> by_name_;
  std::map<const Object*, int> state_;
  std::vector<const Object*> path_, out_;
};

}  // namespace

absl::StatusOr<std::vector<const Object*>> DependencyOrder(
    const std::vector<const Object*>& objects) {
  return Sorter(objects).Run();
}

const std::string& QueryOf(const Object& object) {
  static const std::string kNone;
  if (const auto* view = std::get_if<View>(&object.definition)) return view->query;
  if (const auto* view = std::get_if<MaterializedView>(&object.definition)) return view->query;
  return kNone;
}

}  // namespace stateserver::schema
