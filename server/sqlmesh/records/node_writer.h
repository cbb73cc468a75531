// SPDX-License-Identifier: Apache-2.0
//
// Whether a seed can be stored without its content, and what is kept instead.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>

#include "server/sqlmesh/seed/seed_hashes.h"

namespace stateserver::state {

struct SeedPlan {
  // Set for a seed that has content to leave out; holds what the node lacks.
  std::optional<SeedHashes> hashes;
  // Why a seed keeps its content (a phrase); empty when none does.
  std::string kept_reason;
};

// `node` is an object; one that is no seed has no plan.
SeedPlan PlanSeed(simdjson::dom::element node);

}  // namespace stateserver::state
