// SPDX-License-Identifier: Apache-2.0
//
// Parentheses that change nothing.
#pragma once

#include <vector>

#include "server/starrocks/ddl/parse/token.h"

namespace stateserver::schema {

// Takes out those around an operand that binds tighter than the operators beside
// it. Calls, subqueries and lists keep theirs. Takes time in proportion to the tokens.
void DropNeedlessParentheses(std::vector<Token>* tokens);

}  // namespace stateserver::schema
