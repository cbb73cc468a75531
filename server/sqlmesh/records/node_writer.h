// SPDX-License-Identifier: Apache-2.0
//
// The decision whether a seed can be stored without its content, and the hashes that replace it.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>

#include "server/sqlmesh/seed/seed_hashes.h"

namespace stateserver::state {

struct SeedPlan {
  // Set for a seed whose content can be omitted; holds the values that the node lacks.
  std::optional<SeedHashes> hashes;
  // The reason for which a seed keeps its content, as a phrase; empty if not applicable.
  std::string kept_reason;
};

// Plans the storage of a seed. `node` is an object; a node that is not a seed gets an empty plan.
SeedPlan PlanSeed(simdjson::dom::element node);

}  // namespace stateserver::state
