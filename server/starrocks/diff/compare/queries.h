// SPDX-License-Identifier: Apache-2.0
//
// Whether two queries are one, though the engine wrote one of them anew.
#pragma once

#include <string_view>
#include <vector>

#include "server/starrocks/ddl/lexer.h"

namespace stateserver::schema {

// Takes out those around an operand that binds tighter than the operators beside
// it. Calls, subqueries and lists keep theirs. Takes time in proportion to the tokens.
void DropNeedlessParentheses(std::vector<Token>* tokens);

// Up to 4.0.5 the engine stores a view's query rewritten: names qualified with
// database and table, in backticks, with parentheses around operands, and an
// alias for every column. Those rewrites are undone; whatever else differs is a
// difference. `database` is the view's. Words compare without regard to case,
// so do the last parts of names; texts and the names of tables do not.
bool SameQuery(std::string_view live, std::string_view declared, std::string_view database);

}  // namespace stateserver::schema
