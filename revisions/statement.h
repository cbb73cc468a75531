// SPDX-License-Identifier: Apache-2.0
//
// Classification of a revision's statements by their first words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "revisions/revision_file.h"

namespace stateserver::revisions {

// SqlPiece is one statement, or one comment between statements.
struct SqlPiece {
  bool comment = false;
  // A statement without its semicolon, or a comment without its dashes and surrounding white space.
  // A comment in /* */ belongs to the statement after it.
  std::string text;
  int line = 1;
};

// Splits a text into pieces. Ignores semicolons in texts, names and comments. A line that begins
// with `-- +` ends the statement before it. Returns REVISION_INVALID for an unterminated text, name
// or comment, with the line where it begins.
absl::StatusOr<std::vector<SqlPiece>> ScanSql(std::string_view text);

struct StatementFacts {
  enum class Kind {
    kAlterTable,  // may start a job
    kCreate,      // any CREATE; a synchronous materialized view starts a job
    kDrop,
    kDdl,         // any other
    kInsert,      // can carry a label
    kDml,         // UPDATE, DELETE and other statements that change rows
    kRepeatable,  // SELECT, REFRESH, ACTIVE, TRUNCATE: can be repeated safely
  };
  Kind kind = Kind::kDml;
  // As spelled in the statement, without quotes; empty if not named.
  std::string database, object;
  // For kAlterTable: the object's new name, and the table that it is swapped with.
  std::string renamed, swapped;
  // For kInsert: its label, or the offset at which a label can be inserted; 0 if there is none.
  std::string label;
  size_t label_at = 0;

  bool is_dml() const { return kind == Kind::kInsert || kind == Kind::kDml; }
};

StatementFacts Describe(std::string_view statement);

// Returns the class given by the notes, otherwise the class derived from the text: "column" for an
// ALTER TABLE that may start a job, "metadata", "create", "drop", "view", "mv", "dml".
std::string ClassOf(const SqlStep& step);

// Returns true if the statement only changes its connection: USE, SET.
bool ChangesSession(std::string_view statement);

// Returns true if the statement may start a job of the engine.
bool MayStartJob(const SqlStep& step);

// Returns the INSERT with `WITH LABEL`, or `statement` unchanged if it has a label or cannot have
// one.
std::string WithLabel(std::string_view statement, std::string_view label);

}  // namespace stateserver::revisions
