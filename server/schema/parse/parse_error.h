// What is wrong with a statement, and where.
#pragma once

#include <string>

#include "server/schema/model/object.h"

namespace stateserver::schema {

struct ParseError {
  SourcePlace place;
  std::string found;     // the token, as written; "the end" at the end
  std::string expected;  // in words: "a column's type"

  // "found `DISTRIBUTD`, expected PARTITION BY, …".
  std::string Message() const;
  // "tables.sql:3:14: found `DISTRIBUTD`, expected PARTITION BY, …".
  std::string Text() const;
};

}  // namespace stateserver::schema
