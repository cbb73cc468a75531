// SPDX-License-Identifier: Apache-2.0
//
// Parsers of the clauses that several statements share.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/ddl/token_stream.h"

namespace stateserver::schema {

// Each function returns false and leaves the error in the stream if the input is invalid. Functions
// whose name begins with Consume also return true if the clause is absent.
bool ParseType(TokenStream* in, DataType* out);
bool ParseColumn(TokenStream* in, Column* out);

// Parses ("k" = "v", …).
bool ParseProperties(TokenStream* in, Properties* out);
// Parses PROPERTIES (…).
bool ConsumeProperties(TokenStream* in, Properties* out);
// Parses COMMENT "…".
bool ConsumeComment(TokenStream* in, std::string* out);
// Parses the clause after PARTITION BY.
bool ParsePartitioning(TokenStream* in, Partitioning* out);
// Parses the clause after DISTRIBUTED BY.
bool ParseDistribution(TokenStream* in, Distribution* out);
// Parses the clause after ORDER BY.
bool ParseOrderBy(TokenStream* in, std::vector<std::string>* out);
// Parses the clause after INDEX.
bool ParseIndex(TokenStream* in, Index* out);
// Parses the clause after ROLLUP.
bool ParseRollups(TokenStream* in, std::vector<Rollup>* out);
// Parses (a COMMENT "…", b).
bool ParseViewColumns(TokenStream* in, std::vector<ViewColumn>* out);
// Parses IF NOT EXISTS, then db.name.
bool ParseObjectName(TokenStream* in, std::string_view what, std::string_view default_database,
                     ObjectName* out);

// Parse a statement after CREATE TABLE, [OR REPLACE] VIEW or MATERIALIZED VIEW and the name.
bool ParseTable(TokenStream* in, Table* out);
bool ParseView(TokenStream* in, View* out);
bool ParseMaterializedView(TokenStream* in, MaterializedView* out);

}  // namespace stateserver::schema
