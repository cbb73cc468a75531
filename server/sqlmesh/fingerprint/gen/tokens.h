// SPDX-License-Identifier: Apache-2.0
//
// The tokens of an expression, as far as all supported dialects agree on them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stateserver::fingerprint {

// Dialect holds the properties of a dialect that matter for reading an expression: quotes, escapes
// and the case of identifiers. Only dialects with proven rules are known.
enum class Fold { kNone, kLower, kUpper, kLowerQuotedToo };

struct Dialect {
  std::string_view name;
  Fold fold;
  std::string_view identifier_quotes;  // a subset of `"`, backtick and `[`
  std::string_view string_quotes;
  bool doubled_quotes;  // '' inside a string means one quote
  bool backslash;       // backslash escapes inside a string
  // Prefixes of line comments other than `--`, separated by ' '.
  std::string_view line_comments;
  // The text that follows the operands of `a || b`; empty if not proven.
  std::string_view concat_tail;
};

// Returns null if nothing is proven for the dialect. "" has rules, SQLMesh's own.
const Dialect* FindExpressionDialect(std::string_view name);

// Normalises the identifier as the dialect does. Returns false if this is not proven.
bool FoldIdentifier(const Dialect& dialect, bool quoted, std::string* name);

struct Token {
  enum Kind { kEnd, kNumber, kString, kQuoted, kWord, kMacro, kOperator };
  Kind kind = kEnd;
  std::string text;  // a string or quoted identifier without quotes and escapes
  size_t begin = 0;  // position in the source
  size_t end = 0;
};

// Splits `source` into tokens. Returns false, with a phrase in `problem`, if it contains anything
// else: comments, escapes, prefixed strings, numbers with suffixes, or operators without a rule.
bool Tokenize(std::string_view source, const Dialect& dialect, std::vector<Token>* tokens,
              std::string* problem);

}  // namespace stateserver::fingerprint
