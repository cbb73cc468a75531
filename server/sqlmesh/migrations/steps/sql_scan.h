// SPDX-License-Identifier: Apache-2.0
//
// Just enough of SQL's tokens to take lists and calls apart: strings, names,
// numbers, comments, brackets. No grammar.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stateserver::migrations {

struct SqlToken {
  enum Kind { kWord, kQuotedName, kString, kNumber, kSymbol };
  Kind kind;
  std::string_view text;  // as written, with its quotes; a symbol is one byte
  int depth;              // brackets open around it; a bracket counts as outside
};

// Tokens without white space and comments (`-- …`, `/* … */`). What is not
// closed ends with the text.
std::vector<SqlToken> ScanSql(std::string_view sql);

// A word as it is; a quoted name without its quotes, doubled ones single.
std::string UnquotedName(const SqlToken& token);

// Without white space around it.
std::string_view TrimmedSql(std::string_view sql);

// Whether the whole text is one pair of parentheses that match each other.
bool IsParenthesized(std::string_view sql);

// Cut at the commas outside brackets, each part trimmed; none for empty text.
std::vector<std::string_view> SplitSqlList(std::string_view sql);

}  // namespace stateserver::migrations
