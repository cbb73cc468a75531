// SPDX-License-Identifier: Apache-2.0
//
// What the objects of a schema need of each other.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/diff/plan/pairing.h"

namespace stateserver::schema {

// Returns SCHEMA_INVALID for foreign keys to tables of this database that will not exist. Warns of
// queries that were not understood, and of relations that will not exist, which the engine judges.
// `after` are the objects after the plan.
absl::Status CheckRelations(const LiveSchema& from, const std::vector<const Object*>& after,
                            const Pairing& pairing, ReferenceCache* references, Plan* plan);

// Returns the synchronous materialized views that are dropped first and created again at the end:
// those that change, and those on columns that change. Each of them is a part of its table.
// `rebuild` names the tables that may be rebuilt.
std::set<ObjectName> ReplacedRollups(const Pairing& pairing, const Engine& engine,
                                     const std::set<std::string>& rebuild,
                                     ReferenceCache* references);

}  // namespace stateserver::schema
