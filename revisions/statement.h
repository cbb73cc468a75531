// SPDX-License-Identifier: Apache-2.0
//
// What a statement of a revision does, told by its first words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "revisions/revision_file.h"

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

struct StatementFacts {
  enum class Kind {
    kAlterTable,  // may start a job
    kCreate,      // of anything; a synchronous materialized view starts a job
    kDrop,
    kDdl,         // any other
    kInsert,      // can carry a label
    kDml,         // UPDATE, DELETE and what else changes rows
    kRepeatable,  // SELECT, REFRESH, ACTIVE, TRUNCATE: a second run does no harm
  };
  Kind kind = Kind::kDml;
  // As the statement spells it, without quotes; empty where it names none.
  std::string database, object;
  // Of kAlterTable: what the object is called afterwards, and the table that it
  // changes places with.
  std::string renamed, swapped;
  // Of kInsert: its label, or where in the text one can stand; 0: nowhere.
  std::string label;
  size_t label_at = 0;

  bool is_dml() const { return kind == Kind::kInsert || kind == Kind::kDml; }
};

StatementFacts Describe(std::string_view statement);

// The class that notes give, else the one that the text tells: "column" of an
// ALTER TABLE that may start a job, "metadata", "create", "drop", "view", "mv",
// "dml".
std::string ClassOf(const SqlStep& step);

// Whether it only changes the connection it runs on: USE, SET.
bool ChangesSession(std::string_view statement);

// Whether the statement may start a job of the engine.
bool MayStartJob(const SqlStep& step);

// The INSERT with `WITH LABEL`; `statement` itself where it has one or can have
// none.
std::string WithLabel(std::string_view statement, std::string_view label);

}  // namespace stateserver::revisions
