// SPDX-License-Identifier: Apache-2.0
//
// The journal of StarRocks revisions.
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
#include "server/starrocks/query/recorded.h"

namespace stateserver::revisions {

// WarehouseKey names a gateway and a database of its StarRocks.
struct WarehouseKey {
  std::string gateway, database;
};

enum class Direction { kUpgrade, kDowngrade, kStamp };
// Returns "upgrade", "downgrade" or "stamp".
std::string DirectionName(Direction direction);

enum class EntryStatus {
  kIntended,  // may or may not have reached the engine
  kSent,      // accepted by the engine; a job may be in progress
  kDone,
  kFailed,  // rejected by the engine, or its job was cancelled
};

// JournalEntry is one statement of a run.
struct JournalEntry {
  // True for a statement that undoes another statement of the run.
  bool compensates = false;
  int seq = 0;  // counts from 1
  std::string object;
  std::string statement;  // as it was sent
  std::string statement_digest;
  std::string object_digest;  // before the statement was sent
  // Digest of the object afterwards as predicted by the revision; empty if unknown.
  std::string foretold;
  std::string label;       // for an INSERT
  int64_t newest_job = 0;  // newest job of the object before the statement was sent
  int64_t job_id = 0;
  std::string job_kind;
  EntryStatus status = EntryStatus::kIntended;
  int64_t started_ts = 0, finished_ts = 0;
  std::string error;
};

// Run is one application or reversal of a revision.
struct Run {
  int64_t id = 0;
  std::string revision, message;
  Direction direction = Direction::kUpgrade;
  // "running", "failed", "compensating", "done", "compensated". A run that failed and is finished
  // was abandoned, or closed by a stamp.
  std::string status;
  std::string operation_id, principal, peer;
  int64_t started_ts = 0;
  int64_t finished_ts = 0;  // 0 while the run is open
  std::string error;
  int statements = 0;  // number of entries that are done
};

struct LockState {
  std::string holder, operation_id, principal;
  int64_t since_ts = 0, expires_ts = 0;
  bool held = false;
};

// KnownObject is an object as the last revision left it.
struct KnownObject {
  std::string digest, statement, revision;
};

// RecordedQuery is a query that a revision gave to a view or materialized view, and what the engine
// showed for it right after.
struct RecordedQuery {
  schema::query::QueryDigests digests;
  std::string object, revision;
  std::string declared;  // the text
};

// JournalState holds what is applied in a warehouse, and the run in progress.
struct JournalState {
  std::map<std::string, std::string> applied;  // revision to checksum of its file
  std::vector<std::string> heads;
  std::optional<Run> open;
  std::vector<JournalEntry> entries;  // entries of the open run
  LockState lock;
  // The heads last written into alembic_version, separated by commas.
  std::string version_table;
};

// Returns true if the tables exist. Reads never create them; without them nothing was ever run.
absl::StatusOr<bool> TablesExist(postgres::Session& session);

// Creates missing tables in its own transaction, also those that a journal of an earlier release
// lacks; schema `stateserver` must exist. Safe to call from
// several servers at once. Returns PERMISSION_MISSING with the GRANT statement, or STATE_AHEAD if a
// newer stateserver created them.
absl::Status EnsureTables(postgres::Session& session);

// SQL: the current time in epoch milliseconds of the database's clock.
inline constexpr char kNow[] = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

// Returns an empty state if nothing was ever run.
absl::StatusOr<JournalState> ReadState(postgres::Session& session, const WarehouseKey& key);

absl::StatusOr<std::map<std::string, KnownObject>> ReadObjects(postgres::Session& session,
                                                               const WarehouseKey& key);

// Returns no queries for a journal that an earlier release wrote.
absl::StatusOr<schema::query::RecordedQueries> ReadQueries(postgres::Session& session,
                                                           const WarehouseKey& key);

struct RunPage {
  std::vector<Run> runs;  // newest first
  std::string next_page_token;
};

struct RunPageOptions {
  int page_size = 0;  // at most 1,000; 0 means 100
  std::string page_token;
  std::string revision;  // if empty, all
};

// Returns a page of runs. Returns ARGUMENT_INVALID for a negative size or an invalid token.
absl::StatusOr<RunPage> ReadRuns(postgres::Session& session, const WarehouseKey& key,
                                 const RunPageOptions& options);

// Returns the token of a page that ends with `last`.
std::string PageTokenAfter(const Run& last);

struct EntryPage {
  std::vector<JournalEntry> entries;  // the run's own, then those that undo them
  std::string next_page_token;
};

struct EntryPageOptions {
  int64_t run_id = 0;
  int page_size = 0;  // as in RunPageOptions
  std::string page_token;
};

// Returns a page of the entries of one run, none if it does not exist. Returns ARGUMENT_INVALID as
// ReadRuns does.
absl::StatusOr<EntryPage> ReadEntries(postgres::Session& session, const WarehouseKey& key,
                                      const EntryPageOptions& options);

std::string PageTokenAfter(const JournalEntry& last);

// RunStart describes a new run and its initiator.
struct RunStart {
  std::string revision, message;
  Direction direction = Direction::kUpgrade;
  std::string operation_id, principal, peer;
};

// RunEnd describes the result of a completed run.
struct RunEnd {
  Run run;
  std::string sum;                 // checksum of the revision's file
  std::vector<std::string> heads;  // heads after the run
  // Changed objects in their current form; nullopt if an object no longer exists.
  std::map<std::string, std::optional<KnownObject>> objects;
  std::string version_table;
};

// StampRecord describes the result of a stamp.
struct StampRecord {
  std::map<std::string, std::string> applied;  // revision to checksum of its file
  std::vector<std::string> heads;
  std::map<std::string, KnownObject> objects;
  std::string version_table;
};

// Abandonment describes the end of a run that is not continued.
struct Abandonment {
  Run run;
  // Entries whose end was missing in the journal; `status` and `error` are written.
  std::vector<JournalEntry> entries;
  std::string error;
  std::vector<std::string> heads;  // unchanged
  std::string version_table;
};

// JournalWriter writes the journal. Every write except Finish, Abandon and Stamp uses its own
// transaction and connection, and completes even if its call is cancelled, because the engine's
// actions must be recorded. Every write requires that the lock's fencing token is the newest;
// otherwise it returns WAREHOUSE_LOCK_LOST and writes nothing. Not thread-safe.
class JournalWriter {
 public:
  JournalWriter(postgres::Pool& pool, WarehouseKey key, int64_t fencing)
      : pool_(pool), key_(std::move(key)), fencing_(fencing) {}

  absl::StatusOr<Run> BeginRun(const RunStart& start);
  // Continues an open run as part of another operation.
  absl::Status TakeOver(const Run& run, const RunStart& start, std::string_view status);

  // Records a statement before it is sent, also before it is sent again.
  absl::Status Intend(const Run& run, const JournalEntry& entry);
  absl::Status Sent(const Run& run, const JournalEntry& entry);
  absl::Status Done(const Run& run, const JournalEntry& entry);
  absl::Status Failed(const Run& run, const JournalEntry& entry, const std::string& error);

  absl::Status RecordQuery(const RecordedQuery& query);

  // Records an error; the run stays open.
  absl::Status FailRun(const Run& run, std::string_view status, const std::string& error);
  // Closes a run whose statements were undone.
  absl::Status EndCompensated(const Run& run, const std::string& error);
  // Closes a run in the current transaction of `session`.
  absl::Status Finish(postgres::Session& session, const RunEnd& end);
  absl::Status FinishAlone(const RunEnd& end);
  // Closes a run that is not continued, in the current transaction of `session`. `start` is the
  // operation that does it; the applied revisions and the objects remain as they are.
  absl::Status Abandon(postgres::Session& session, const Abandonment& record,
                       const RunStart& start);
  // Records a stamp in the current transaction of `session` and closes an open run.
  absl::Status Stamp(postgres::Session& session, const StampRecord& record, const RunStart& start);

 private:
  absl::Status Write(const std::string& sql, std::vector<std::optional<std::string>> more);
  absl::Status WriteIn(postgres::Session& session, const std::string& sql,
                       std::vector<std::optional<std::string>> more);
  absl::Status SetEntry(const Run& run, const JournalEntry& entry, std::string_view status,
                        const std::string& error);
  absl::Status SetEntryIn(postgres::Session& session, const Run& run, const JournalEntry& entry,
                          std::string_view status, const std::string& error);
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
