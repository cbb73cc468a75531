// SPDX-License-Identifier: Apache-2.0
//
// Python source.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace stateserver::schema {

// A string literal in double quotes.
std::string PythonText(std::string_view text);

// A literal in three double quotes, for queries: lines stay lines.
std::string PythonLongText(std::string_view text);

// As a literal for sqlalchemy.text(), in which a colon before a word is a
// parameter.
std::string PythonSqlText(std::string_view text);

// Names that are no words of Python and not taken yet.
class PythonNames {
 public:
  // A class's name of a table's: "my_orm_table" becomes MyOrmTable.
  std::string ClassFor(std::string_view name);
  // An attribute's or a variable's: "2024 sales" becomes _2024_sales.
  std::string VariableFor(std::string_view name);

 private:
  std::string Unique(std::string name);
  std::set<std::string> taken_;
  std::map<std::string, int> numbers_;  // the last that was tried behind each name
};

}  // namespace stateserver::schema
