// Files of declarations.
#pragma once

#include <string_view>
#include <vector>

#include "server/schema/model/object.h"
#include "server/schema/parse/parse_error.h"

namespace stateserver::schema {

struct ParsedScript {
  std::vector<Object> objects;  // in the order of the text
  // Of each statement that could not be read, the first thing that is wrong. No
  // statement hides the next; a text or comment without its end takes the rest
  // of the file with it.
  std::vector<ParseError> errors;
};

// Reads CREATE TABLE, CREATE [OR REPLACE] VIEW and CREATE MATERIALIZED VIEW,
// with semicolons between them, and USE, which names the database of those that
// follow. Anything else is an error. `source` is what messages call the text.
ParsedScript ParseScript(std::string_view text, std::string_view source,
                         std::string_view default_database = "");

}  // namespace stateserver::schema
