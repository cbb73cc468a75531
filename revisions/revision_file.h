// SPDX-License-Identifier: Apache-2.0
//
// The file of a revision: a header in comments, and the sections `-- +upgrade` and `-- +downgrade`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace stateserver::revisions {

// StepNotes holds the contents of a `-- step:` comment, which describes the statement after it.
// Unspecified members are empty.
struct StepNotes {
  std::string object;  // a name without its database
  std::string step_class;
  std::optional<bool> job;
  bool destructive = false;
  // Digests of the object before and after; "-" if it does not exist.
  std::string before, after;
  // In a downgrade's statement, the number of the upgrade's statement that it undoes, from 1; 0 if
  // unspecified.
  int undoes = 0;

  bool operator==(const StepNotes&) const = default;
};

struct SqlStep {
  StepNotes notes;
  std::string statement;  // without a semicolon
  int line = 0;           // line in the file, from 1

  bool operator==(const SqlStep&) const = default;
};

struct Revision {
  std::string id;
  std::vector<std::string> down;  // empty for a base; several for a merge
  std::vector<std::string> depends_on;
  std::vector<std::string> branches;  // labels
  std::string message;
  std::string created;        // "2026-11-22T10:15:30Z"
  std::string engine;         // "4.0.4"; empty if written by hand
  std::string before, after;  // digests of the affected objects
  // Comments of the header that are not keys: "warning: …", "refused: …".
  std::vector<std::string> remarks;
  std::vector<SqlStep> upgrade, downgrade;
  // The reasons for which the downgrade cannot be run; empty if it can.
  std::vector<std::string> irreversible;

  std::string file;  // the file's name without its folder
  std::string sum;   // SHA-256 of the file's bytes, in hex; empty if not read from a file
};

// Limits on one file: names in a header line, and statements.
inline constexpr size_t kMostListed = 1000;
inline constexpr size_t kMostStatements = 50'000;
inline constexpr size_t kMostStatementBytes = size_t{2}
                                              << 20;  // a message of the journal has at most 4 MiB

// Parses a file. `file` is its name in errors. Returns REVISION_INVALID, with file and line, for a
// header without an id, a duplicate key, a statement outside the sections, a missing section,
// truncated text, or more than the limits above.
absl::StatusOr<Revision> ReadRevision(std::string_view file, std::string_view text);

// Returns the text of the file. Parsing it gives an equal revision, except for lines, file and sum.
std::string PrintRevision(const Revision& revision);

// Returns the statement with its semicolon, which is on its own line if the statement ends with a
// comment.
std::string Terminated(std::string_view statement);

// Returns twelve random hex digits, like Alembic's.
std::string NewRevisionId();

// Returns "20261122_101530_3f2a9c81d0e4_add_age.sql": the time (`created`), the id and the first
// words of the message.
std::string FileName(const Revision& revision);

}  // namespace stateserver::revisions
