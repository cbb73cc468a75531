// SPDX-License-Identifier: Apache-2.0
//
// Fragments of Python source.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace stateserver::schema {

// Returns a string literal in double quotes.
std::string PythonText(std::string_view text);

// Returns a literal in triple double quotes, which keeps the line breaks of queries.
std::string PythonLongText(std::string_view text);

// Returns a literal for sqlalchemy.text(), in which a colon before a word is escaped because it
// would start a parameter.
std::string PythonSqlText(std::string_view text);

// PythonNames generates unique names that are not Python keywords.
class PythonNames {
 public:
  // Returns a class name for a table: MyOrmTable for "my_orm_table".
  std::string ClassFor(std::string_view name);
  // Returns a name for an attribute or a variable: _2024_sales for "2024 sales".
  std::string VariableFor(std::string_view name);

 private:
  std::string Unique(std::string name);
  std::set<std::string> taken_;
  std::map<std::string, int> numbers_;  // the last number tried for each name
};

}  // namespace stateserver::schema
