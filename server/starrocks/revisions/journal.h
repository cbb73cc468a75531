// SPDX-License-Identifier: Apache-2.0
//
// What the journal holds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"

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
struct JournalEntry {
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
  std::vector<JournalEntry> entries;  // of the open run
  LockState lock;
  // What was last written into alembic_version, separated by commas.
  std::string version_table;
};

// Reads never create them: without them nothing was ever run.
absl::StatusOr<bool> TablesExist(postgres::Session& session);

// Creates them where they are missing, in a transaction of its own; schema
// `stateserver` is there. Several servers may do so at once. PERMISSION_MISSING
// prints the GRANT; STATE_AHEAD when a newer stateserver made them.
absl::Status EnsureTables(postgres::Session& session);

// SQL: now, in epoch milliseconds of the database's clock.
inline constexpr char kNow[] = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

// Empty where nothing was ever run.
absl::StatusOr<JournalState> ReadState(postgres::Session& session, const WarehouseKey& key);

absl::StatusOr<std::map<std::string, KnownObject>> ReadObjects(postgres::Session& session,
                                                               const WarehouseKey& key);

struct RunPage {
  std::vector<Run> runs;                                 // newest first
  std::map<int64_t, std::vector<JournalEntry>> entries;  // where they are asked for
  std::string next_page_token;
};

struct RunPageOptions {
  int page_size = 0;  // 0: 100; at most 1,000
  std::string page_token;
  std::string revision;  // empty: of all
  bool entries = false;
};

// ARGUMENT_INVALID for a negative size or a token this did not make.
absl::StatusOr<RunPage> ReadRuns(postgres::Session& session, const WarehouseKey& key,
                                 const RunPageOptions& options);

// Who begins a run.
struct RunStart {
  std::string revision, message;
  Direction direction = Direction::kUpgrade;
  std::string operation_id, principal, peer;
};

// What a run has made true.
struct RunEnd {
  Run run;
  std::string sum;                 // of the revision's file
  std::vector<std::string> heads;  // afterwards
  // Touched objects as they are now; nothing: it is not there any more.
  std::map<std::string, std::optional<KnownObject>> objects;
  std::string version_table;
};

// What a stamp makes true.
struct StampRecord {
  std::map<std::string, std::string> applied;  // revision, checksum of its file
  std::vector<std::string> heads;
  std::map<std::string, KnownObject> objects;
  std::string version_table;
};

// Every write but Finish and Stamp is a transaction of its own on a connection of its own,
// and goes on when the call it is for was cancelled: what the engine has done must
// be noted. All need the lock's fencing token to be the newest: otherwise
// WAREHOUSE_LOCK_LOST, and nothing is written. Not thread-safe.
class JournalWriter {
 public:
  JournalWriter(postgres::Pool& pool, WarehouseKey key, int64_t fencing)
      : pool_(pool), key_(std::move(key)), fencing_(fencing) {}

  absl::StatusOr<Run> BeginRun(const RunStart& start);
  // An open run goes on, as a part of another operation.
  absl::Status TakeOver(const Run& run, const RunStart& start, std::string_view status);

  // Before a statement is sent, again for one that is sent again.
  absl::Status Intend(const Run& run, const JournalEntry& entry);
  absl::Status Sent(const Run& run, const JournalEntry& entry);
  absl::Status Done(const Run& run, const JournalEntry& entry);
  absl::Status Failed(const Run& run, const JournalEntry& entry, const std::string& error);

  // The run stays open.
  absl::Status FailRun(const Run& run, std::string_view status, const std::string& error);
  // Its statements were taken back.
  absl::Status EndCompensated(const Run& run, const std::string& error);
  // The last word on a run, in the transaction that `session` is in.
  absl::Status Finish(postgres::Session& session, const RunEnd& end);
  absl::Status FinishAlone(const RunEnd& end);
  // In the transaction that `session` is in; closes a run that is open.
  absl::Status Stamp(postgres::Session& session, const StampRecord& record, const RunStart& start);

 private:
  absl::Status Write(const std::string& sql, std::vector<std::optional<std::string>> more);
  absl::Status WriteIn(postgres::Session& session, const std::string& sql,
                       std::vector<std::optional<std::string>> more);
  absl::Status SetEntry(const Run& run, const JournalEntry& entry, std::string_view status,
                        const std::string& error);
  absl::Status WriteHeads(postgres::Session& session, const std::vector<std::string>& heads,
                          const std::string& version_table);
  absl::Status WriteApplied(postgres::Session& session, const std::string& revision,
                            const std::string& sum);
  absl::Status WriteObject(postgres::Session& session, const std::string& name,
                           const KnownObject& object);
  absl::Status Clear(postgres::Session& session, std::string_view table);

  postgres::Pool& pool_;
  const WarehouseKey key_;
  const int64_t fencing_;
};

}  // namespace stateserver::revisions
