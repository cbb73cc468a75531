// SPDX-License-Identifier: Apache-2.0
//
// The order of the steps of a whole plan, forward and back.
#pragma once

#include <vector>

#include "server/starrocks/ddl/references.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/plan/pairing.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {

// Returns the tables that the foreign keys of a table refer to, except itself.
std::vector<ObjectName> ParentsOf(const Object& object);

// Moves each table behind the tables that its foreign keys refer to, as far as they are among the
// objects. Keeps the order otherwise; in a cycle, keeps it as well.
void OrderByForeignKeys(std::vector<const Object*>* objects);

// RemovedColumns are the columns, in lower case, that a step drops or renames; empty for most.
struct RemovedColumns {
  ObjectName table;
  std::vector<std::string> columns;
};

// Returns the positions of the steps in the order of their undo: the reverse, except that new views
// are dropped first, and that a view gets its old query back only after the columns and the views
// that the query reads. `removed` has one entry per step.
std::vector<size_t> UndoOrder(const Plan& plan, const std::vector<RemovedColumns>& removed,
                              const Pairing& pairing, ReferenceCache* references);

}  // namespace stateserver::schema
