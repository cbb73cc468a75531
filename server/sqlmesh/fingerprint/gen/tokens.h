// SPDX-License-Identifier: Apache-2.0
//
// The tokens of an expression, as far as all dialects agree on them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/sqlmesh/fingerprint/gen/dialect.h"

namespace stateserver::fingerprint {

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
