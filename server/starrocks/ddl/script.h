// SPDX-License-Identifier: Apache-2.0
//
// Parsing of files of declarations.
#pragma once

#include <string_view>
#include <vector>

#include "common/work_meter.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/limits.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// ReadingBudget holds the remaining limits for the files of one call.
struct ReadingBudget {
  size_t tokens = kMostTokens;
  size_t objects = kMostObjects;
  size_t problems = kMostProblems;
  // Checked before every statement; may be null. Reading ends without an error when the meter
  // stops.
  WorkMeter* meter = nullptr;
};

struct ParsedScript {
  std::vector<Object> objects;  // in the order of the text
  // The first error of each invalid statement. An error in one statement does not hide those of the
  // next. An unterminated text or comment ends the file, and so does the statement that exhausts
  // the budget.
  std::vector<ParseError> errors;
};

// Parses CREATE TABLE, CREATE [OR REPLACE] VIEW and CREATE MATERIALIZED VIEW, separated by
// semicolons, and USE, which sets the database of the statements after it. Anything else is an
// error. `source` is the name of the text in messages. Subtracts what was read from `budget`; null
// means the budget of one call. Memory: the objects, and the tokens of one statement.
ParsedScript ParseScript(std::string_view text, std::string_view source,
                         std::string_view default_database = "", ReadingBudget* budget = nullptr);

// Parses a result of SHOW CREATE, in which the engine quotes and escapes less than it needs.
ParsedScript ParsePrinted(std::string_view text, std::string_view source,
                          std::string_view default_database);

}  // namespace stateserver::schema
