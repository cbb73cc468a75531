// SPDX-License-Identifier: Apache-2.0
//
// Properties of tables and of materialized views.
#pragma once

#include <string>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/statement.h"
#include "server/starrocks/apply/verdict.h"
#include "server/starrocks/ddl/engine.h"

namespace stateserver::apply {

// What properties depend on besides the table itself.
struct PropertyContext {
  const Catalog& catalog;
  const schema::Engine& engine;
  const std::string& name;  // of the table
};

// Checks the properties of a new table, and fills in those that the engine sets.
Verdict ApplyCreateProperties(const PropertyContext& context, TableState* table);

// Checks ALTER TABLE … SET and applies it.
Verdict ApplySet(const SetProperties& set, const PropertyContext& context, TableState* table);

// Check the properties of CREATE and ALTER MATERIALIZED VIEW.
Verdict CheckViewProperties(const schema::MaterializedView& view);
Verdict CheckSetOfView(const SetProperties& set, const schema::MaterializedView& view);

// Checks a number of replicas.
Verdict CheckReplication(const std::string& value);

}  // namespace stateserver::apply
