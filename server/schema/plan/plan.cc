#include "server/schema/plan/plan.h"

namespace stateserver::schema {

ObjectKind KindOf(const Object& object) {
  switch (object.definition.index()) {
    case 0:
      return ObjectKind::kTable;
    case 1:
      return ObjectKind::kView;
    default:
      return ObjectKind::kMaterializedView;
  }
}

}  // namespace stateserver::schema
