// SPDX-License-Identifier: Apache-2.0
//
// What several statements have in common.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/ddl/token_stream.h"

namespace stateserver::schema {

// Each answers false and leaves the error in the stream. Those whose name
// begins with Consume answer true where the clause is not there, too.

bool ParseType(TokenStream* in, DataType* out);
bool ParseColumn(TokenStream* in, Column* out);

// ("k" = "v", …)
bool ParseProperties(TokenStream* in, Properties* out);
// PROPERTIES (…)
bool ConsumeProperties(TokenStream* in, Properties* out);
// COMMENT "…"
bool ConsumeComment(TokenStream* in, std::string* out);
// Behind PARTITION BY.
bool ParsePartitioning(TokenStream* in, Partitioning* out);
// Behind DISTRIBUTED BY.
bool ParseDistribution(TokenStream* in, Distribution* out);
// Behind ORDER BY.
bool ParseOrderBy(TokenStream* in, std::vector<std::string>* out);
// Behind INDEX.
bool ParseIndex(TokenStream* in, Index* out);
// Behind ROLLUP.
bool ParseRollups(TokenStream* in, std::vector<Rollup>* out);
// (a COMMENT "…", b)
bool ParseViewColumns(TokenStream* in, std::vector<ViewColumn>* out);
// IF NOT EXISTS, then db.name.
bool ParseObjectName(TokenStream* in, std::string_view what, std::string_view default_database,
                     ObjectName* out);

// Statements, behind CREATE TABLE, [OR REPLACE] VIEW and MATERIALIZED VIEW and
// the name.
bool ParseTable(TokenStream* in, Table* out);
bool ParseView(TokenStream* in, View* out);
bool ParseMaterializedView(TokenStream* in, MaterializedView* out);

}  // namespace stateserver::schema
