// SPDX-License-Identifier: Apache-2.0
//
// What a release cannot create.
#pragma once

#include <vector>

#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {

// Returns a refusal for every attribute of the declared object that the version does not have.
std::vector<Refusal> CreateLimits(const Object& object, const EngineVersion& version);

// Removes the indexes whose type the version does not have, and returns their refusals.
std::vector<Refusal> RemoveMissingIndexes(const ObjectName& name, const EngineVersion& version,
                                          std::vector<Index>* indexes);

}  // namespace stateserver::schema
