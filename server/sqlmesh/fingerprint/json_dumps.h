// SPDX-License-Identifier: Apache-2.0
//
// Python's json.dumps(value, sort_keys=True).
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace stateserver::fingerprint {

// False when it holds a number that is not a plain integer.
bool AppendSortedJson(simdjson::dom::element value, std::string* out);

// A string with its quotes, all but ASCII as \uXXXX.
void AppendAsciiString(std::string_view text, std::string* out);

}  // namespace stateserver::fingerprint
