// SPDX-License-Identifier: Apache-2.0
//
// Values as Python writes them, for sentences that equal SQLMesh's.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace stateserver::state {

// repr() of what json.loads makes of the value: {'a': [1, None, True]}.
std::string PythonRepr(simdjson::dom::element value);

// repr() of a text.
std::string PythonRepr(std::string_view text);

// str() of it: a text as it is, else repr().
std::string PythonStr(simdjson::dom::element value);

// "str", "int", "NoneType", ...
std::string_view PythonType(simdjson::dom::element value);

// At most about 50 bytes, the way pydantic shortens an input value.
std::string Shortened(const std::string& repr);

}  // namespace stateserver::state
