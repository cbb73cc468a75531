// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a statement, and where.
#pragma once

#include <string>
#include <string_view>

#include "server/starrocks/ddl/model/object.h"

namespace stateserver::schema {

// A message quotes at most this much of a text from outside.
inline constexpr size_t kMostShownBytes = 40;

// The text, cut behind a whole character with "…" where it is longer.
std::string Shown(std::string_view text);

struct ParseError {
  SourcePlace place;
  std::string found;     // the token, as Shown; "the end" at the end
  std::string expected;  // in words: "a column's type"

  // "found `DISTRIBUTD`, expected PARTITION BY, …".
  std::string Message() const;
  // "tables.sql:3:14: found `DISTRIBUTD`, expected PARTITION BY, …".
  std::string Text() const;
};

}  // namespace stateserver::schema
