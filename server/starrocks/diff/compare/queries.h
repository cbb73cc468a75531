// SPDX-License-Identifier: Apache-2.0
//
// Comparison of two queries, one of which the engine may have rewritten.
#pragma once

#include <string_view>
#include <vector>

#include "server/starrocks/ddl/lexer.h"

namespace stateserver::schema {

// Removes parentheses around an operand that binds tighter than the operators next to it. Calls,
// subqueries and lists keep theirs. Takes time proportional to the number of tokens.
void DropNeedlessParentheses(std::vector<Token>* tokens);

// Returns true if the queries are equal. Up to 4.0.5 the engine stores a view's query rewritten:
// with names qualified by database and table, in backticks, with parentheses around operands, and
// an alias for every column. The function undoes these rewrites; any other difference counts.
// `database` is the view's. Words and the last parts of names are compared without case; texts and
// the names of tables are compared with case.
bool SameQuery(std::string_view live, std::string_view declared, std::string_view database);

}  // namespace stateserver::schema
