// SPDX-License-Identifier: Apache-2.0
//
// `node.python_env`: the Python that a model's SQL or code uses, by name.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::migrations {

inline constexpr std::string_view kVariables = "__sqlmesh__vars__";
inline constexpr std::string_view kBlueprintVariables = "__sqlmesh__blueprint__vars__";

// How sentences name an entry: node.python_env['name'].
std::string EnvPath(std::string_view name);

// What can be said about a Python literal without Python. `certain` is only set
// where Python's repr() of the value would give the very same text: texts,
// numbers, lists, tuples, dictionaries with texts as keys, SqlValue(sql='…').
struct PythonLiteral {
  bool certain = false;
  bool dictionary = false;     // the whole is one; set without `certain` too
  bool has_sql_value = false;  // names a class that not every migration knows
  // Of the whole, when it is a certain dictionary:
  bool sorted = false;      // the keys ascend
  bool lower_case = false;  // no key changes when put in lower case
};
PythonLiteral InspectLiteral(std::string_view payload);

}  // namespace stateserver::migrations
