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
Verdict CheckViewProperties(const schema::MaterializedView& view, const schema::Engine& engine);
Verdict CheckSetOfView(const SetProperties& set, const schema::MaterializedView& view,
                       const schema::Engine& engine);

// Returns the refusal of properties that the recorded release does not know; kUnknown on other
// releases, which may know them. `names` is for the message.
Verdict UnknownProperties(Verdict refusal, const std::string& names, const schema::Engine& engine);

// Checks a number of replicas.
Verdict CheckReplication(const std::string& value);

}  // namespace stateserver::apply
