// SPDX-License-Identifier: Apache-2.0
//
// Steps that create, drop, rename or activate a whole object.
#pragma once

#include <string>

#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {

// Return the quoted name without the database, and the object's CREATE statement with that name.
std::string ShortName(const ObjectName& name);
std::string CreateStatement(const Object& object);
// Returns "DROP TABLE `t`", "DROP MATERIALIZED VIEW `m`", …
std::string DropStatement(const Object& object);

Step CreateStep(const Object& object);
Step DropStep(const Object& object);

// Returns a step that renames a table or materialized view.
Step RenameStep(const Object& object, const ObjectName& from, const ObjectName& to);

// Returns a step that reactivates an inactive materialized view.
Step ActivateStep(const ObjectName& name);

}  // namespace stateserver::schema
