#include "server/schema/parse/parse_error.h"

#include "common/text.h"

namespace stateserver::schema {

std::string ParseError::Text() const {
  std::string what = found == "the end" ? found : Cat("`", found, "`");
  return Cat(place.source, ":", place.line, ":", place.column, ": found ", what, ", expected ",
             expected);
}

}  // namespace stateserver::schema
