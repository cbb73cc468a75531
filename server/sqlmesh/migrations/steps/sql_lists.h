// SPDX-License-Identifier: Apache-2.0
//
// Lists, calls and parentheses in the SQL of stored nodes, whatever its dialect: SQLMesh's quotes
// and comments, without a grammar.
#pragma once

#include <string_view>
#include <vector>

#include "common/sql/lexer.h"

namespace stateserver::migrations {

struct SqlToken : sql::Token {
  int depth = 0;  // number of enclosing open brackets; a bracket itself counts as outside
};

// Returns the tokens without white space and comments. An unterminated token ends with the text.
std::vector<SqlToken> ScanSql(std::string_view sql);

// Returns the text without surrounding white space.
std::string_view TrimmedSql(std::string_view sql);

// Returns true if the whole text is enclosed in one matching pair of parentheses.
bool IsParenthesized(std::string_view sql);

// Splits at the commas outside brackets and trims each part. Returns no parts for an empty text.
std::vector<std::string_view> SplitSqlList(std::string_view sql);

}  // namespace stateserver::migrations
