// SPDX-License-Identifier: Apache-2.0
//
// A minimal SQL scanner to split lists and calls: strings, names, numbers, comments and brackets,
// without a grammar.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stateserver::migrations {

struct SqlToken {
  enum Kind { kWord, kQuotedName, kString, kNumber, kSymbol };
  Kind kind;
  std::string_view text;  // as written, with its quotes; a symbol is one byte
  int depth;              // number of enclosing open brackets; a bracket itself counts as outside
};

// Returns the tokens without white space and comments (`-- …`, `/* … */`). An unterminated token
// ends with the text.
std::vector<SqlToken> ScanSql(std::string_view sql);

// Returns a word unchanged, and a quoted name without its quotes and with doubled quotes reduced.
std::string UnquotedName(const SqlToken& token);

// Returns the text without surrounding white space.
std::string_view TrimmedSql(std::string_view sql);

// Returns true if the whole text is enclosed in one matching pair of parentheses.
bool IsParenthesized(std::string_view sql);

// Splits at the commas outside brackets and trims each part. Returns no parts for an empty text.
std::vector<std::string_view> SplitSqlList(std::string_view sql);

}  // namespace stateserver::migrations
