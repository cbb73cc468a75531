// SPDX-License-Identifier: Apache-2.0
//
// Steps that change one view or materialized view, and those that make or drop
// an object.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/ddl/model/engine.h"
#include "server/starrocks/diff/plan/plan.h"

namespace stateserver::schema {

// The name alone, quoted, and the object's CREATE with the name alone.
std::string ShortName(const ObjectName& name);
std::string CreateStatement(const Object& object);
// "DROP TABLE `t`", "DROP MATERIALIZED VIEW `m`".
std::string DropStatement(const Object& object);

Step CreateStep(const Object& object);
Step DropStep(const Object& object);

// Replaces only what differs. Both are of one name.
void PlanView(const Object& live, const Object& declared, const Engine& engine, Plan* plan);

// `rebuild` builds beside and swaps where the engine cannot change it.
void PlanMaterializedView(const Object& live, const Object& declared, const Engine& engine,
                          bool rebuild, Plan* plan);

// Makes an inactive one active again.
Step ActivateStep(const ObjectName& name);

}  // namespace stateserver::schema
