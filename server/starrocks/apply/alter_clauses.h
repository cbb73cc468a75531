// SPDX-License-Identifier: Apache-2.0
//
// Parsing of the clauses of ALTER TABLE.
#pragma once

#include <vector>

#include "server/starrocks/apply/statement.h"
#include "server/starrocks/ddl/token_stream.h"

namespace stateserver::apply {

// Parses the clauses after the table's name. Returns false with an error in the stream, or with a
// refusal by the engine's grammar in `verdict`.
bool ParseAlterClauses(schema::TokenStream* in, std::vector<Clause>* out, Verdict* verdict);

// Parses what follows SET: ("k" = "v", …).
bool ParseSet(schema::TokenStream* in, SetProperties* out);

}  // namespace stateserver::apply
