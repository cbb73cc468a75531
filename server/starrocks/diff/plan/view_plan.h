// SPDX-License-Identifier: Apache-2.0
//
// Steps that change one view or materialized view.
#pragma once

#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/compare/properties.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/query/columns.h"

namespace stateserver::schema {

// Replaces only what differs. Both objects must have the same name. `columns` has those of the
// relations that the view reads; it may be null.
void PlanView(const Object& live, const Object& declared, const Engine& engine,
              query::ColumnSource* columns, Plan* plan);

struct MaterializedViewOptions {
  PropertyScope properties;
  bool rebuild = false;  // makes changes that the engine does not support, by a rebuild with a swap
  // The columns of the relations that the view reads; may be null.
  query::ColumnSource* columns = nullptr;
};

// Both objects must have the same name.
void PlanMaterializedView(const Object& live, const Object& declared, const Engine& engine,
                          const MaterializedViewOptions& options, Plan* plan);

// Builds the declared view beside the live one, refreshes it, swaps the two and drops the old one.
void RebuildMaterializedView(const Object& live, const Object& declared, const Engine& engine,
                             Plan* plan);

}  // namespace stateserver::schema
