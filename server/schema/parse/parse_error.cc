#include "server/schema/parse/parse_error.h"

#include "common/text.h"

namespace stateserver::schema {

std::string ParseError::Message() const {
  std::string what = found == "the end" ? found : Cat("`", found, "`");
  return Cat("found ", what, ", expected ", expected);
}

std::string ParseError::Text() const {
  return Cat(place.source, ":", place.line, ":", place.column, ": ", Message());
}

}  // namespace stateserver::schema
