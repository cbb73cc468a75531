// SPDX-License-Identifier: Apache-2.0
//
// Words of the protocol's enums.
#include "client/schema/plan_view.h"
#include "revisions/words.h"

namespace stateserver::client {
std::string StepClassWord(pb::SchemaStepClass step_class) {
  constexpr std::string_view kPrefix = "SCHEMA_STEP_CLASS_";
  std::string name = pb::SchemaStepClass_Name(step_class);
  return name.size() > kPrefix.size() ? revisions::Lower(name.substr(kPrefix.size())) : "unknown";
}

std::string ObjectKindWord(pb::SchemaObjectKind kind) {
  switch (kind) {
    case pb::SCHEMA_OBJECT_KIND_TABLE:
      return "table";
    case pb::SCHEMA_OBJECT_KIND_VIEW:
      return "view";
    case pb::SCHEMA_OBJECT_KIND_MATERIALIZED_VIEW:
      return "mv";
    case pb::SCHEMA_OBJECT_KIND_ROLLUP:
      return "rollup";
    default:
      return "unknown";
  }
}

}  // namespace stateserver::client
