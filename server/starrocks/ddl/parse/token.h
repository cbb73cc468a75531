// SPDX-License-Identifier: Apache-2.0
//
// Tokens of StarRocks SQL.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::schema {

struct Token {
  enum class Kind { kWord, kQuotedName, kText, kNumber, kSymbol, kEnd };
  Kind kind = Kind::kEnd;
  // The value: a name without its backticks, a text without quotes and escapes.
  std::string value;
  std::string_view source;  // as written
  size_t offset = 0;        // of the first byte
  int line = 1;
  int column = 1;
};

}  // namespace stateserver::schema
