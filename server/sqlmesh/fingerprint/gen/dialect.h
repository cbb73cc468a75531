// SPDX-License-Identifier: Apache-2.0
//
// What of a dialect matters for reading an expression: quotes, escapes and the
// case of identifiers. Only dialects whose rules are proven are known.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::fingerprint {

enum class Fold { kNone, kLower, kUpper, kLowerQuotedToo };

struct Dialect {
  std::string_view name;
  Fold fold;
  std::string_view identifier_quotes;  // of `"`, backtick and `[`
  std::string_view string_quotes;
  bool doubled_quotes;  // '' inside a string stands for one quote
  bool backslash;       // escapes inside a string
  // Starts of comments up to the end of the line besides `--`, separated by ' '.
  std::string_view line_comments;
  // What `a || b` becomes after its operands, empty when not proven.
  std::string_view concat_tail;
};

// nullptr when nothing is proven for it. "" has rules, SQLMesh's own.
const Dialect* FindExpressionDialect(std::string_view name);

// The identifier as the dialect normalises it. False when that is not proven.
bool FoldIdentifier(const Dialect& dialect, bool quoted, std::string* name);

}  // namespace stateserver::fingerprint
