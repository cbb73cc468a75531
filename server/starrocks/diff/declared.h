// SPDX-License-Identifier: Apache-2.0
//
// Reading of declared schemas.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/work_meter.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// SourceFile is one file of a declared schema.
struct SourceFile {
  std::string name;  // name in messages
  std::string text;
};

// Problem is an error in a declaration and its position.
struct Problem {
  SourcePlace place;
  std::string message;  // one sentence without the position and a full stop
  std::string hint;     // one sentence; may be empty
};

// DeclaredWarning is about a name in a declaration that no known release of StarRocks has.
struct DeclaredWarning {
  ObjectName object;
  std::string attribute;  // "property colour"
  std::string message;    // one sentence, with the nearest known name
};

struct Declared {
  std::vector<Object> objects;  // in the order of the files
  std::vector<Problem> problems;
  std::vector<DeclaredWarning> warnings;
};

// Reads all files and reports every problem: statements that do not parse, texts that are not
// UTF-8, an object declared twice, and an object of another database. Warns about properties, types
// of indexes and refresh modes that no known release of StarRocks has. Names without a database get
// `database`. Reading stops with a problem if the files exceed the limits of limits.h. Errors are
// those of `meter`, which may be null.
absl::StatusOr<Declared> ReadDeclared(const std::vector<SourceFile>& files,
                                      const std::string& database, WorkMeter* meter);

// Returns SCHEMA_INVALID with one line for each of the first twenty problems ("a.sql:3:14: …"), or
// OK without problems.
absl::Status ToStatus(const std::vector<Problem>& problems);

}  // namespace stateserver::schema
