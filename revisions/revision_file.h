// SPDX-License-Identifier: Apache-2.0
//
// The file of a revision: a header in comments, and the sections `-- +upgrade`
// and `-- +downgrade`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace stateserver::revisions {

// What `-- step:` says of the statement after it; empty where it says nothing.
struct StepNotes {
  std::string object;  // a name without its database
  std::string step_class;
  std::optional<bool> job;
  bool destructive = false;
  // Digests of the object before and after, "-" where it is not there.
  std::string before, after;
  // Of a downgrade's statement: which statement of the upgrade it undoes, from 1;
  // 0: it does not say.
  int undoes = 0;

  bool operator==(const StepNotes&) const = default;
};

struct SqlStep {
  StepNotes notes;
  std::string statement;  // without a semicolon
  int line = 0;           // of the file, from 1

  bool operator==(const SqlStep&) const = default;
};

struct Revision {
  std::string id;
  std::vector<std::string> down;  // none: a base; several: a merge
  std::vector<std::string> depends_on;
  std::vector<std::string> branches;  // labels
  std::string message;
  std::string created;        // "2026-11-22T10:15:30Z"
  std::string engine;         // "4.0.4"; empty: it was written by hand
  std::string before, after;  // digests of the touched objects
  // Comments of the header that are no keys: "warning: …", "refused: …".
  std::vector<std::string> remarks;
  std::vector<SqlStep> upgrade, downgrade;
  // Why the downgrade cannot be run; empty: it can.
  std::vector<std::string> irreversible;

  std::string file;  // its name alone
  std::string sum;   // SHA-256 of the file's bytes, in hex; empty: not read from a file
};

// Limits on one file: names in a header line, and statements. Far more than a person reads.
inline constexpr size_t kMostListed = 1000;
inline constexpr size_t kMostStatements = 50'000;
inline constexpr size_t kMostStatementBytes = size_t{2}
                                              << 20;  // a message of the journal has 4 MiB

// `file` is what errors call it. REVISION_INVALID, with file and line, for a
// header without an id, a key given twice, a statement outside of the sections,
// a section that is missing, text that ends in the middle, or more than the limits above.
absl::StatusOr<Revision> ReadRevision(std::string_view file, std::string_view text);

// Reading it gives an equal revision, but for lines, file and sum.
std::string PrintRevision(const Revision& revision);

// The statement with its semicolon, on a line of its own behind a comment.
std::string Terminated(std::string_view statement);

// Twelve random hex digits, as Alembic's.
std::string NewRevisionId();

// "20261122_101530_3f2a9c81d0e4_add_age.sql": when (`created`), id and the first
// words of the message.
std::string FileName(const Revision& revision);

}  // namespace stateserver::revisions
