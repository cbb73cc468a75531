// SPDX-License-Identifier: Apache-2.0
//
// Python's json.dumps(value, sort_keys=True).
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace stateserver::fingerprint {

// Appends `value`. Returns false if it contains a number that is not a plain integer.
bool AppendSortedJson(simdjson::dom::element value, std::string* out);

// Appends a string with its quotes, escaping everything except ASCII as \uXXXX.
void AppendAsciiString(std::string_view text, std::string* out);

}  // namespace stateserver::fingerprint
