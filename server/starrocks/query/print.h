// SPDX-License-Identifier: Apache-2.0
//
// Conversion of the syntax tree to SQL.
#pragma once

#include <string>

#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

// Returns the query or expression as SQL in one line, with brackets around every operand that is
// itself an operation. Parsing the text gives an equal tree, except for hints in comments.
std::string PrintTree(const Node& tree);

}  // namespace stateserver::schema::query
