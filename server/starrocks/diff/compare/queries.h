// SPDX-License-Identifier: Apache-2.0
//
// Comparison of two queries, one of which the engine may have rewritten.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/query/columns.h"

namespace stateserver::schema {

// Removes parentheses around an operand that binds tighter than the operators next to it. Calls,
// subqueries and lists keep theirs. Takes time proportional to the number of tokens.
void DropNeedlessParentheses(std::vector<Token>* tokens);

// Returns true if the queries are equal. Up to 4.0.5 the engine stores a view's query rewritten;
// the function undoes the rewrites, and any other difference counts. `database` is the view's.
// `source` has the columns of the relations, without which `*` differs from the columns that the
// engine prints; it may be null. If one of the queries cannot be parsed, tokens are compared
// instead.
bool SameQuery(std::string_view live, std::string_view declared, const std::string& database,
               query::ColumnSource* source = nullptr);

}  // namespace stateserver::schema
