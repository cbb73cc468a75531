// SPDX-License-Identifier: Apache-2.0
//
// Objects as files of SQL.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

struct GeneratedFile {
  std::string name;
  std::string text;
};

// One file an object, "NAME.sql": letters, digits, `-`, `.` and `_` of the name
// stay, other bytes become `%XX`, and a number sets apart two that differ in
// case only. In the order given.
std::vector<GeneratedFile> GenerateSqlFiles(const std::vector<const Object*>& objects);

// All in one text, each with a semicolon and an empty line behind.
std::string GenerateSql(const std::vector<const Object*>& objects);

}  // namespace stateserver::schema
