// SPDX-License-Identifier: Apache-2.0
//
// The tokens of an expression, as far as all dialects agree on them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stateserver::fingerprint {

// What of a dialect matters for reading an expression: quotes, escapes and the
// case of identifiers. Only dialects whose rules are proven are known.

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

struct Token {
  enum Kind { kEnd, kNumber, kString, kQuoted, kWord, kMacro, kOperator };
  Kind kind = kEnd;
  std::string text;  // a string or quoted identifier without quotes and escapes
  size_t begin = 0;  // where it stands in the source
  size_t end = 0;
};

// False, with a phrase in `problem`, when the text holds anything else: comments,
// escapes, prefixed strings, numbers with suffixes, operators without a rule.
bool Tokenize(std::string_view source, const Dialect& dialect, std::vector<Token>* tokens,
              std::string* problem);

// ASCII, word by word.
std::string UpperText(std::string_view text);

}  // namespace stateserver::fingerprint
