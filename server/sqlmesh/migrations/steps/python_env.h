// SPDX-License-Identifier: Apache-2.0
//
// The member `node.python_env`: the Python objects that a model's SQL or code uses, by name.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::migrations {

inline constexpr std::string_view kVariables = "__sqlmesh__vars__";
inline constexpr std::string_view kBlueprintVariables = "__sqlmesh__blueprint__vars__";

// Returns the name of an entry for messages: node.python_env['name'].
std::string EnvPath(std::string_view name);

// PythonLiteral holds what is known about a Python literal without running Python. `certain` is set
// only if Python's repr() of the value is known to give the same text: texts, numbers, lists,
// tuples, dictionaries with texts as keys, SqlValue(sql='…').
struct PythonLiteral {
  bool certain = false;
  bool dictionary = false;     // the value is a dictionary; may be set without `certain`
  bool has_sql_value = false;  // names a class that not every migration supports
  // Set only for a certain dictionary:
  bool sorted = false;      // the keys are in ascending order
  bool lower_case = false;  // all keys are in lower case
};
PythonLiteral InspectLiteral(std::string_view payload);

}  // namespace stateserver::migrations
