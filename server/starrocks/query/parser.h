// SPDX-License-Identifier: Apache-2.0
//
// The parser of queries.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

struct ParsedQuery {
  NodePtr query;                    // kQuery; null after an error
  std::vector<Token> tokens;        // refer to the text
  std::optional<ParseError> error;  // what the parser did not understand
};

// Parses a query: SELECT, WITH, VALUES, set operations and all that StarRocks allows in them. It
// accepts more than the engine does. Takes time proportional to the length of the text. More than
// kMostDepth levels inside one another are an error.
ParsedQuery ParseQuery(std::string_view text);

}  // namespace stateserver::schema::query
