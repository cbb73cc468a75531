// SPDX-License-Identifier: Apache-2.0
//
// Compact JSON output of parsed JSON, equivalent to pydantic's model_dump_json: raw UTF-8, short
// escapes, \u00XX for other control characters.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "common/json/restyler.h"

namespace stateserver::state {

// Return the container, or an empty one if the value has another type. For values whose type was
// checked.
inline simdjson::dom::object AsObject(simdjson::dom::element value) {
  simdjson::dom::object object;
  return value.get(object) == simdjson::SUCCESS ? object : simdjson::dom::object();
}
inline simdjson::dom::array AsArray(simdjson::dom::element value) {
  simdjson::dom::array array;
  return value.get(array) == simdjson::SUCCESS ? array : simdjson::dom::array();
}

void AppendEscaped(std::string_view text, const char* special, std::string* out);

// Appends a JSON string with its quotes. `text` must be valid UTF-8.
inline void AppendString(std::string_view text, std::string* out) {
  const char* end = text.data() + text.size();
  const char* special = json::FindStringSpecial<json::StopAt::kControl>(text.data(), end);
  out->push_back('"');
  if (special == end) {
    out->append(text);
  } else {
    AppendEscaped(text, special, out);
  }
  out->push_back('"');
}

void AppendInteger(int64_t value, std::string* out);

// Appends any value unchanged.
void AppendValue(simdjson::dom::element value, std::string* out);

}  // namespace stateserver::state
