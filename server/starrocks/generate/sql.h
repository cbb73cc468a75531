// SPDX-License-Identifier: Apache-2.0
//
// Generation of SQL files.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

struct GeneratedFile {
  std::string name;
  std::string text;
};

// Returns one file per object, "NAME.sql". Letters, digits, `-`, `.` and `_` of the name are kept,
// except for `-` and `.` at its begin; other bytes become `%XX`. A number distinguishes names that
// differ only in case. Keeps the given order.
std::vector<GeneratedFile> GenerateSqlFiles(const std::vector<const Object*>& objects);

// Returns all objects in one text, each followed by a semicolon and an empty line.
std::string GenerateSql(const std::vector<const Object*>& objects);

}  // namespace stateserver::schema
