// SPDX-License-Identifier: Apache-2.0
//
// Materialized views that a change of what they read makes inactive.
#pragma once

#include <map>
#include <set>
#include <string>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/statement.h"

namespace stateserver::apply {

// Touch is a change of a relation that the materialized views above it do not survive.
struct Touch {
  std::string reason;             // in the engine's words
  std::set<std::string> columns;  // in lower case; if empty, every reader is affected
};

// Returns the relations that the statement changes, by name. `before` is the schema before it.
std::map<std::string, Touch> TouchedBy(const Statement& statement, const Catalog& before);

// Marks the active materialized views that read what was touched, directly, through views, or
// through other materialized views. Takes time proportional to the number of objects per level.
void Inactivate(std::map<std::string, Touch> touched, Catalog* catalog);

}  // namespace stateserver::apply
