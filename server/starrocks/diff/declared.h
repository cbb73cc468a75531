// SPDX-License-Identifier: Apache-2.0
//
// The names of properties that some StarRocks release takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/work_meter.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// Names are case-sensitive. Families ("dynamic_partition.…", "session.…") are
// known by their first part.
bool IsKnownProperty(std::string_view key);

// The known one that differs in case, or in a letter; empty: none.
std::string SimilarProperty(std::string_view key);

// A schema as somebody wrote it: files of declarations that fit together.

struct SourceFile {
  std::string name;  // what messages call it
  std::string text;
};

// Something wrong, and where.
struct Problem {
  SourcePlace place;
  std::string message;  // one sentence without the place and a full stop
  std::string hint;     // one sentence; may be empty
};

struct Declared {
  std::vector<Object> objects;  // in the order of the files
  std::vector<Problem> problems;
};

// Reads all files and says all that is wrong: statements that do not parse, texts
// that are no UTF-8, one object declared twice, an object of another database,
// properties that no StarRocks has. Names without a database get `database`. Reading ends with a
// problem where the files hold more than limits.h allows. Errors: those of `meter`, which may be
// null.
absl::StatusOr<Declared> ReadDeclared(const std::vector<SourceFile>& files,
                                      const std::string& database, WorkMeter* meter);

// SCHEMA_INVALID with a line for each problem ("a.sql:3:14: …"), the first twenty
// of them; OK without problems.
absl::Status ToStatus(const std::vector<Problem>& problems);

}  // namespace stateserver::schema
