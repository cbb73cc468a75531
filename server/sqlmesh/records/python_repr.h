// SPDX-License-Identifier: Apache-2.0
//
// Values in Python's notation, for messages that equal SQLMesh's.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace stateserver::state {

// Returns repr() of the value that json.loads would return: {'a': [1, None, True]}.
std::string PythonRepr(simdjson::dom::element value);

// Returns repr() of a text.
std::string PythonRepr(std::string_view text);

// Returns str() of the value: a text unchanged, otherwise repr().
std::string PythonStr(simdjson::dom::element value);

// Returns "str", "int", "NoneType", ...
std::string_view PythonType(simdjson::dom::element value);

// Returns at most about 50 bytes, shortened the way pydantic shortens an input value.
std::string Shortened(const std::string& repr);

}  // namespace stateserver::state
