// SPDX-License-Identifier: Apache-2.0
//
// CREATE TABLE, VIEW and MATERIALIZED VIEW.
#pragma once

#include <string>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/statement.h"
#include "server/starrocks/apply/verdict.h"
#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/diff/plan/capabilities.h"

namespace stateserver::apply {

// Returns the key that the engine chooses for a table without a key clause: that of an aggregate
// table if a column has an aggregate function, else the leading columns. Empty if the first column
// cannot be one.
schema::KeyClause ImpliedKey(const schema::Table& table);

Verdict ApplyCreateTable(const CreateObject& create, const schema::Engine& engine,
                         Catalog* catalog);
Verdict ApplyCreateView(const CreateObject& create, Catalog* catalog);
Verdict ApplyCreateMaterializedView(const CreateObject& create, const schema::Engine& engine,
                                    Catalog* catalog);

// Adds a synchronous materialized view to its table, if the catalog has it.
void AddSynchronousView(const std::string& name, const schema::MaterializedView& view,
                        Catalog* catalog);

// Returns a refusal, documented for the release, if the release does not have the feature.
Verdict CheckFeature(schema::Feature feature, const schema::Engine& engine);

// Checks one rollup of a table.
Verdict CheckRollup(const schema::Rollup& rollup, const TableState& table, const std::string& name);

// Checks the columns of DISTRIBUTED BY HASH.
Verdict CheckHashColumns(const schema::Distribution& distribution, const TableState& table,
                         bool create);

// Returns the columns of a view: those of its query with the names of its list.
Verdict ViewColumns(const std::string& query, const std::vector<schema::ViewColumn>& named,
                    const Catalog& catalog, std::vector<OutputColumn>* out);

}  // namespace stateserver::apply
