// SPDX-License-Identifier: Apache-2.0
//
// One reviewed change of a StarRocks schema, as its file says it.
#pragma once

#include <optional>
#include <string>
#include <vector>

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

}  // namespace stateserver::revisions
