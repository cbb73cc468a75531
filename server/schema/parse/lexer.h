// Cuts SQL into tokens.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/schema/parse/parse_error.h"
#include "server/schema/parse/token.h"

namespace stateserver::schema {

struct Lexed {
  // Ends with a token of kind kEnd. The views are into `sql`.
  std::vector<Token> tokens;
  // Tokens end before it. What cannot be cut: a text, a name or a comment
  // without its end, a byte that no token begins with.
  std::optional<ParseError> error;
};

// Comments `-- …`, `# …` and `/* … */` and white space are left out. Texts are
// in '' or "", with backslash escapes and doubled quotes. Names in backticks
// hold no backtick: a doubled one disappears, as in the engine.
Lexed Lex(std::string_view sql, std::string_view source);

}  // namespace stateserver::schema
