// SPDX-License-Identifier: Apache-2.0
//
// Files of declarations.
#pragma once

#include <string_view>
#include <vector>

#include "common/work_meter.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/limits.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// What may still be read of the files of one call.
struct ReadingBudget {
  size_t tokens = kMostTokens;
  size_t objects = kMostObjects;
  size_t problems = kMostProblems;
  // Asked before every statement; null: never. Where it says no, reading just ends.
  WorkMeter* meter = nullptr;
};

struct ParsedScript {
  std::vector<Object> objects;  // in the order of the text
  // Of each statement that could not be read, the first thing that is wrong. No
  // statement hides the next; a text or comment without its end takes the rest
  // of the file with it. So does the statement with which the budget is spent.
  std::vector<ParseError> errors;
};

// Reads CREATE TABLE, CREATE [OR REPLACE] VIEW and CREATE MATERIALIZED VIEW,
// with semicolons between them, and USE, which names the database of those that
// follow. Anything else is an error. `source` is what messages call the text. `budget` is less
// what was read afterwards; null: that of one call. Memory: the objects, and the tokens of one
// statement.
ParsedScript ParseScript(std::string_view text, std::string_view source,
                         std::string_view default_database = "", ReadingBudget* budget = nullptr);

}  // namespace stateserver::schema
