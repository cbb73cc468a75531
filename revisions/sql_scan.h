// SPDX-License-Identifier: Apache-2.0
//
// SQL text cut into statements, with the comments before each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace stateserver::revisions {

// One statement or one comment between statements.
struct SqlPiece {
  bool comment = false;
  // A statement without its semicolon; a comment without its dashes and the
  // white space around it. A comment in /* */ belongs to the statement after it.
  std::string text;
  int line = 1;
};

// Semicolons in texts, names and comments do not count. A line that begins with
// `-- +` ends the statement before it. Errors: REVISION_INVALID for a text, name
// or comment without its end, with the line where it begins.
absl::StatusOr<std::vector<SqlPiece>> ScanSql(std::string_view text);

}  // namespace stateserver::revisions
