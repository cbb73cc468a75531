// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/parse/parse_error.h"

#include "common/text.h"
#include "common/utf8.h"

namespace stateserver::schema {

std::string Shown(std::string_view text) {
  if (text.size() <= kMostShownBytes) return std::string(text);
  return Cat(TruncateUtf8(text, kMostShownBytes), "…");
}

std::string ParseError::Message() const {
  std::string what = found == "the end" ? found : Cat("`", found, "`");
  return Cat("found ", what, ", expected ", expected);
}

std::string ParseError::Text() const {
  return Cat(place.source, ":", place.line, ":", place.column, ": ", Message());
}

}  // namespace stateserver::schema
