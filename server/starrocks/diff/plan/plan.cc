// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/plan.h"

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

std::string_view StepClassWord(StepClass step_class) {
  constexpr std::string_view kWords[] = {"metadata", "column", "optimize", "rollup", "copy_swap",
                                         "create",   "drop",   "view",     "mv",     "dml"};
  return kWords[static_cast<size_t>(step_class)];
}

}  // namespace stateserver::schema
