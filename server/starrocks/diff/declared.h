// SPDX-License-Identifier: Apache-2.0
//
// Reading of declared schemas, and the known property names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/work_meter.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// Returns the known property that differs only in case or in one letter, or "".
std::string SimilarProperty(std::string_view key);

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

struct Declared {
  std::vector<Object> objects;  // in the order of the files
  std::vector<Problem> problems;
};

// Reads all files and reports every problem: statements that do not parse, texts that are not
// UTF-8, an object declared twice, an object of another database, and properties that no StarRocks
// release has. Names without a database get `database`. Reading stops with a problem if the files
// exceed the limits of limits.h. Errors are those of `meter`, which may be null.
absl::StatusOr<Declared> ReadDeclared(const std::vector<SourceFile>& files,
                                      const std::string& database, WorkMeter* meter);

// Returns SCHEMA_INVALID with one line for each of the first twenty problems ("a.sql:3:14: …"), or
// OK without problems.
absl::Status ToStatus(const std::vector<Problem>& problems);

}  // namespace stateserver::schema
