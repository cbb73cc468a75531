// SPDX-License-Identifier: Apache-2.0
//
// Parsers of the statements that create tables and views. Each returns false and leaves the error
// in the stream if the input is invalid.
#pragma once

#include <string_view>

#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/ddl/token_stream.h"

namespace stateserver::schema {

// Parses IF NOT EXISTS, then db.name.
bool ParseObjectName(TokenStream* in, std::string_view what, std::string_view default_database,
                     ObjectName* out);

// Parse a statement after CREATE TABLE, [OR REPLACE] VIEW or MATERIALIZED VIEW and the name.
bool ParseTable(TokenStream* in, Table* out);
bool ParseView(TokenStream* in, View* out);
bool ParseMaterializedView(TokenStream* in, MaterializedView* out);

}  // namespace stateserver::schema
