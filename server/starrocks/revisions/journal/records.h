// SPDX-License-Identifier: Apache-2.0
//
// What the journal holds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stateserver::revisions {

// A gateway, and a database of its StarRocks.
struct WarehouseKey {
  std::string gateway, database;
};

enum class Direction { kUpgrade, kDowngrade, kStamp };
// "upgrade", "downgrade", "stamp"
std::string DirectionName(Direction direction);

enum class EntryStatus {
  kIntended,  // it may have reached the engine, or not
  kSent,      // the engine has taken it; a job may go on
  kDone,
  kFailed,  // the engine refused it, or cancelled its job
};

// One statement of a run.
struct Entry {
  // Of a statement that undoes another one of the run.
  bool compensates = false;
  int seq = 0;  // from 1
  std::string object;
  std::string statement;  // as it was sent
  std::string statement_digest;
  std::string object_digest;  // before it was sent
  // What the revision foretells of the object afterwards; empty: nothing.
  std::string foretold;
  std::string label;       // of an INSERT
  int64_t newest_job = 0;  // of the object, before it was sent
  int64_t job_id = 0;
  std::string job_kind;
  EntryStatus status = EntryStatus::kIntended;
  int64_t started_ts = 0, finished_ts = 0;
  std::string error;
};

// One revision applied or taken back.
struct Run {
  int64_t id = 0;
  std::string revision, message;
  Direction direction = Direction::kUpgrade;
  std::string status;  // "running", "failed", "compensating", "done", "compensated"
  std::string operation_id, principal, peer;
  int64_t started_ts = 0;
  int64_t finished_ts = 0;  // 0: it is open
  std::string error;
  int statements = 0;  // entries that are done
};

struct LockState {
  std::string holder, operation_id, principal;
  int64_t since_ts = 0, expires_ts = 0;
  bool held = false;
};

// An object as the last revision left it.
struct KnownObject {
  std::string digest, statement, revision;
};

// What is applied in a warehouse, and what is under way.
struct JournalState {
  std::map<std::string, std::string> applied;  // revision, checksum of its file
  std::vector<std::string> heads;
  std::optional<Run> open;
  std::vector<Entry> entries;  // of the open run
  LockState lock;
  // What was last written into alembic_version, separated by commas.
  std::string version_table;
};

}  // namespace stateserver::revisions
