// SPDX-License-Identifier: Apache-2.0
//
// Parsers of the statements that create tables and views, and of their parts. Each returns false
// and leaves the error in the stream if the input is invalid.
#pragma once

#include <string>
#include <string_view>

#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/ddl/token_stream.h"

namespace stateserver::schema {

// Parses IF NOT EXISTS, then name, db.name or default_catalog.db.name.
bool ParseObjectName(TokenStream* in, std::string_view what, std::string_view default_database,
                     ObjectName* out);

// Parses the database after USE.
bool ParseUse(TokenStream* in, std::string* database);

// Parse a statement after CREATE TABLE, [OR REPLACE] VIEW or MATERIALIZED VIEW and the name.
bool ParseTable(TokenStream* in, Table* out);
bool ParseView(TokenStream* in, View* out);
bool ParseMaterializedView(TokenStream* in, MaterializedView* out);

// Parse a type, a column of a table, a rollup with its name, and the clause after REFRESH.
bool ParseType(TokenStream* in, DataType* out);
bool ParseColumn(TokenStream* in, Column* out);
bool ParseRollup(TokenStream* in, Rollup* out);
bool ParseRefresh(TokenStream* in, Refresh* out);

// Parses the clause after INDEX; ParseIndexDefinition the part of it after the name.
bool ParseIndex(TokenStream* in, Index* out);
bool ParseIndexDefinition(TokenStream* in, Index* out);

// Parses what follows PARTITION: [IF NOT EXISTS] name VALUES …, and its properties.
bool ParsePartition(TokenStream* in, Partition* out);
// Parses what follows START: (…) END (…) EVERY (…).
bool ParsePartitionBatch(TokenStream* in, Partition* out);

}  // namespace stateserver::schema
