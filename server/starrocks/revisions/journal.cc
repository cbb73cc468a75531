// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/journal.h"

#include "common/error.h"
#include "common/page_size.h"
#include "common/page_token.h"
#include "common/text.h"

namespace stateserver::revisions {

namespace {

constexpr int kVersion = 1;

// Times are epoch milliseconds of the database's clock. A warehouse is a gateway and a database of
// its StarRocks.
constexpr char kTables[] = R"sql(
CREATE TABLE stateserver.revision_locks (
  gateway text NOT NULL,
  database text NOT NULL,
  fencing bigint NOT NULL DEFAULT 0,
  holder text NOT NULL DEFAULT '',
  operation_id text NOT NULL DEFAULT '',
  principal text NOT NULL DEFAULT '',
  since_ts bigint NOT NULL DEFAULT 0,
  expires_ts bigint NOT NULL DEFAULT 0,
  version_table text NOT NULL DEFAULT '',
  PRIMARY KEY (gateway, database)
);
CREATE TABLE stateserver.revision_applied (
  gateway text NOT NULL,
  database text NOT NULL,
  revision text NOT NULL,
  sum text NOT NULL,
  is_head boolean NOT NULL,
  applied_ts bigint NOT NULL,
  PRIMARY KEY (gateway, database, revision)
);
CREATE TABLE stateserver.revision_runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gateway text NOT NULL,
  database text NOT NULL,
  revision text NOT NULL,
  message text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('upgrade', 'downgrade', 'stamp')),
  status text NOT NULL
    CHECK (status IN ('running', 'failed', 'compensating', 'done', 'compensated')),
  operation_id text NOT NULL,
  principal text NOT NULL,
  peer text NOT NULL,
  started_ts bigint NOT NULL,
  finished_ts bigint,
  error text NOT NULL DEFAULT ''
);
CREATE INDEX revision_runs_warehouse ON stateserver.revision_runs (gateway, database, id);
CREATE UNIQUE INDEX revision_runs_open ON stateserver.revision_runs (gateway, database)
  WHERE finished_ts IS NULL;
CREATE TABLE stateserver.revision_statements (
  run_id bigint NOT NULL REFERENCES stateserver.revision_runs (id) ON DELETE CASCADE,
  compensates boolean NOT NULL,
  seq integer NOT NULL,
  object text NOT NULL,
  statement text NOT NULL,
  statement_digest text NOT NULL,
  object_digest text NOT NULL,
  foretold text NOT NULL,
  label text NOT NULL,
  newest_job bigint NOT NULL,
  job_id bigint NOT NULL DEFAULT 0,
  job_kind text NOT NULL DEFAULT '',
  status text NOT NULL CHECK (status IN ('intended', 'sent', 'done', 'failed')),
  fencing bigint NOT NULL,
  attempts integer NOT NULL DEFAULT 1,
  started_ts bigint NOT NULL,
  finished_ts bigint,
  error text NOT NULL DEFAULT '',
  PRIMARY KEY (run_id, compensates, seq)
);
CREATE TABLE stateserver.revision_objects (
  gateway text NOT NULL,
  database text NOT NULL,
  object text NOT NULL,
  digest text NOT NULL,
  statement text NOT NULL,
  revision text NOT NULL,
  PRIMARY KEY (gateway, database, object)
);
CREATE TABLE stateserver.revision_meta (version integer NOT NULL);
)sql";

// Journals of earlier releases do not have this table. Their version stays, because those releases
// may still use them: they ignore the table, and its rows remain true.
constexpr char kQueries[] = "revision_queries";
constexpr char kQueriesTable[] = R"sql(
CREATE TABLE stateserver.revision_queries (
  gateway text NOT NULL,
  database text NOT NULL,
  live_digest text NOT NULL,
  declared_digest text NOT NULL,
  object text NOT NULL,
  revision text NOT NULL,
  declared text NOT NULL,
  recorded_ts bigint NOT NULL,
  PRIMARY KEY (gateway, database, live_digest, declared_digest)
);
)sql";

absl::StatusOr<bool> TableExists(postgres::Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared("SELECT FROM pg_class c JOIN pg_namespace n ON n.oid ="
                            " c.relnamespace WHERE n.nspname = 'stateserver' AND c.relname = $1",
                            {name}));
  return rows.rows() > 0;
}

absl::StatusOr<int> ReadVersion(postgres::Session& session) {
  ASSIGN_OR_RETURN(bool exist, TablesExist(session));
  if (!exist) return 0;
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared("SELECT max(version) FROM stateserver.revision_meta"));
  return static_cast<int>(rows.Int(0, 0));
}

absl::Status CheckVersion(int version) {
  if (version <= kVersion) return absl::OkStatus();
  return Error(Reason::STATE_AHEAD,
               Cat("The journal of revisions was created by a newer stateserver (version ", version,
                   ", this one knows ", kVersion, ")"),
               "Use that release of stateserver.");
}

absl::Status Create(postgres::Session& session) {
  ASSIGN_OR_RETURN(auto transaction,
                   postgres::Transaction::Begin(session, postgres::Isolation::kReadCommitted));
  RETURN_IF_ERROR(
      session.Execute("SELECT pg_advisory_xact_lock(hashtextextended('stateserver.meta', 0))"));
  ASSIGN_OR_RETURN(int version, ReadVersion(session));
  RETURN_IF_ERROR(CheckVersion(version));
  if (version == 0) {
    RETURN_IF_ERROR(session.Execute(kTables));
    RETURN_IF_ERROR(
        session.Execute(Cat("INSERT INTO stateserver.revision_meta VALUES (", kVersion, ")")));
  }
  ASSIGN_OR_RETURN(bool queries, TableExists(session, kQueries));
  if (!queries) RETURN_IF_ERROR(session.Execute(kQueriesTable));
  return transaction.Commit();
}

constexpr char kRunColumns[] =
    "r.id, r.revision, r.message, r.direction, r.status, r.operation_id, r.principal, r.peer, "
    "r.started_ts, coalesce(r.finished_ts, 0), r.error, (SELECT count(*) FROM "
    "stateserver.revision_statements s WHERE s.run_id = r.id AND s.status = 'done' AND NOT "
    "s.compensates)";
constexpr char kEntryColumns[] =
    "run_id, compensates, seq, object, statement, statement_digest, object_digest, label, "
    "foretold, newest_job, job_id, job_kind, status, started_ts, coalesce(finished_ts, 0), error";

// An entry's place in its run, as one number: those that undo others come last.
constexpr int64_t kCompensating = int64_t{1} << 32;
constexpr char kEntryPlace[] = "(seq + CASE WHEN compensates THEN 4294967296 ELSE 0 END)";

std::string Text(const postgres::Result& rows, size_t row, size_t column) {
  return std::string(rows.Text(row, column));
}

Direction DirectionOf(std::string_view text) {
  if (text == "downgrade") return Direction::kDowngrade;
  return text == "stamp" ? Direction::kStamp : Direction::kUpgrade;
}

EntryStatus StatusOf(std::string_view text) {
  if (text == "sent") return EntryStatus::kSent;
  if (text == "done") return EntryStatus::kDone;
  return text == "failed" ? EntryStatus::kFailed : EntryStatus::kIntended;
}

Run ReadRun(const postgres::Result& rows, size_t row) {
  Run run;
  run.id = rows.Int(row, 0);
  run.revision = Text(rows, row, 1);
  run.message = Text(rows, row, 2);
  run.direction = DirectionOf(rows.Text(row, 3));
  run.status = Text(rows, row, 4);
  run.operation_id = Text(rows, row, 5);
  run.principal = Text(rows, row, 6);
  run.peer = Text(rows, row, 7);
  run.started_ts = rows.Int(row, 8);
  run.finished_ts = rows.Int(row, 9);
  run.error = Text(rows, row, 10);
  run.statements = static_cast<int>(rows.Int(row, 11));
  return run;
}

JournalEntry ReadEntry(const postgres::Result& rows, size_t row) {
  JournalEntry entry;
  entry.compensates = rows.Bool(row, 1);
  entry.seq = static_cast<int>(rows.Int(row, 2));
  entry.object = Text(rows, row, 3);
  entry.statement = Text(rows, row, 4);
  entry.statement_digest = Text(rows, row, 5);
  entry.object_digest = Text(rows, row, 6);
  entry.label = Text(rows, row, 7);
  entry.foretold = Text(rows, row, 8);
  entry.newest_job = rows.Int(row, 9);
  entry.job_id = rows.Int(row, 10);
  entry.job_kind = Text(rows, row, 11);
  entry.status = StatusOf(rows.Text(row, 12));
  entry.started_ts = rows.Int(row, 13);
  entry.finished_ts = rows.Int(row, 14);
  entry.error = Text(rows, row, 15);
  return entry;
}

absl::Status ReadApplied(postgres::Session& session, const WarehouseKey& key, JournalState* out) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared("SELECT revision, sum, is_head FROM"
                                         " stateserver.revision_applied WHERE gateway = $1 AND"
                                         " database = $2 ORDER BY revision",
                                         {key.gateway, key.database}));
  for (size_t i = 0; i < rows.rows(); ++i) {
    out->applied[Text(rows, i, 0)] = Text(rows, i, 1);
    if (rows.Bool(i, 2)) out->heads.push_back(Text(rows, i, 0));
  }
  return absl::OkStatus();
}

absl::Status ReadOpen(postgres::Session& session, const WarehouseKey& key, JournalState* out) {
  ASSIGN_OR_RETURN(postgres::Result runs,
                   session.QueryPrepared(Cat("SELECT ", kRunColumns,
                                             " FROM stateserver.revision_runs r WHERE gateway = $1"
                                             " AND database = $2 AND finished_ts IS NULL"),
                                         {key.gateway, key.database}));
  if (runs.rows() == 0) return absl::OkStatus();
  out->open = ReadRun(runs, 0);
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(Cat("SELECT ", kEntryColumns,
                                " FROM stateserver.revision_statements WHERE run_id = $1::bigint"
                                " ORDER BY compensates, seq"),
                            {Cat(out->open->id)}));
  for (size_t i = 0; i < rows.rows(); ++i) out->entries.push_back(ReadEntry(rows, i));
  return absl::OkStatus();
}

absl::Status ReadLock(postgres::Session& session, const WarehouseKey& key, JournalState* out) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(Cat("SELECT holder, operation_id, principal, since_ts, expires_ts,"
                                " holder <> '' AND expires_ts > ",
                                kNow,
                                ", version_table FROM stateserver.revision_locks WHERE gateway = $1"
                                " AND database = $2"),
                            {key.gateway, key.database}));
  if (rows.rows() == 0) return absl::OkStatus();
  out->lock = {Text(rows, 0, 0), Text(rows, 0, 1), Text(rows, 0, 2),
               rows.Int(0, 3),   rows.Int(0, 4),   rows.Bool(0, 5)};
  out->version_table = Text(rows, 0, 6);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> TablesExist(postgres::Session& session) {
  return TableExists(session, "revision_meta");
}

absl::Status EnsureTables(postgres::Session& session) {
  ASSIGN_OR_RETURN(int version, ReadVersion(session));
  RETURN_IF_ERROR(CheckVersion(version));
  ASSIGN_OR_RETURN(bool queries, TableExists(session, kQueries));
  return version != 0 && queries ? absl::OkStatus() : Create(session);
}

std::string DirectionName(Direction direction) {
  constexpr const char* kNames[] = {"upgrade", "downgrade", "stamp"};
  return kNames[static_cast<size_t>(direction)];
}

absl::StatusOr<JournalState> ReadState(postgres::Session& session, const WarehouseKey& key) {
  JournalState out;
  ASSIGN_OR_RETURN(bool exist, TablesExist(session));
  if (!exist) return out;
  RETURN_IF_ERROR(ReadApplied(session, key, &out));
  RETURN_IF_ERROR(ReadOpen(session, key, &out));
  RETURN_IF_ERROR(ReadLock(session, key, &out));
  return out;
}

absl::StatusOr<std::map<std::string, KnownObject>> ReadObjects(postgres::Session& session,
                                                               const WarehouseKey& key) {
  std::map<std::string, KnownObject> out;
  ASSIGN_OR_RETURN(bool exist, TablesExist(session));
  if (!exist) return out;
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared("SELECT object, digest, statement, revision FROM"
                                         " stateserver.revision_objects WHERE gateway = $1 AND"
                                         " database = $2",
                                         {key.gateway, key.database}));
  for (size_t i = 0; i < rows.rows(); ++i) {
    out[Text(rows, i, 0)] = {Text(rows, i, 1), Text(rows, i, 2), Text(rows, i, 3)};
  }
  return out;
}

absl::StatusOr<schema::query::RecordedQueries> ReadQueries(postgres::Session& session,
                                                           const WarehouseKey& key) {
  schema::query::RecordedQueries out;
  ASSIGN_OR_RETURN(bool exist, TableExists(session, kQueries));
  if (!exist) return out;
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared("SELECT live_digest, declared_digest FROM"
                                         " stateserver.revision_queries WHERE gateway = $1 AND"
                                         " database = $2",
                                         {key.gateway, key.database}));
  for (size_t i = 0; i < rows.rows(); ++i) out.insert({Text(rows, i, 0), Text(rows, i, 1)});
  return out;
}

absl::StatusOr<RunPage> ReadRuns(postgres::Session& session, const WarehouseKey& key,
                                 const RunPageOptions& options) {
  RunPage page;
  ASSIGN_OR_RETURN(int size, PageSize(options.page_size));
  ASSIGN_OR_RETURN(int64_t before, ParseNumberToken(options.page_token, INT64_MAX));
  ASSIGN_OR_RETURN(bool exist, TablesExist(session));
  if (!exist) return page;
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(
          Cat("SELECT ", kRunColumns,
              " FROM stateserver.revision_runs r WHERE gateway = $1 AND database = $2 AND"
              " id < $3::bigint AND ($4 = '' OR revision = $4) ORDER BY id DESC LIMIT $5::int"),
          {key.gateway, key.database, Cat(before), options.revision, Cat(size + 1)}));
  for (size_t i = 0; i < rows.rows(); ++i) page.runs.push_back(ReadRun(rows, i));
  if (page.runs.size() > static_cast<size_t>(size)) {
    page.runs.pop_back();
    page.next_page_token = PageTokenAfter(page.runs.back());
  }
  return page;
}

std::string PageTokenAfter(const Run& last) { return Cat(last.id); }

absl::StatusOr<EntryPage> ReadEntries(postgres::Session& session, const WarehouseKey& key,
                                      const EntryPageOptions& options) {
  EntryPage page;
  ASSIGN_OR_RETURN(int size, PageSize(options.page_size));
  ASSIGN_OR_RETURN(int64_t after, ParseNumberToken(options.page_token, 0));
  ASSIGN_OR_RETURN(bool exist, TablesExist(session));
  if (!exist) return page;
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(
          Cat("SELECT ", kEntryColumns,
              " FROM stateserver.revision_statements WHERE run_id IN (SELECT id FROM"
              " stateserver.revision_runs WHERE gateway = $1 AND database = $2 AND id = $3::bigint)"
              " AND ",
              kEntryPlace, " > $4::bigint ORDER BY compensates, seq LIMIT $5::int"),
          {key.gateway, key.database, Cat(options.run_id), Cat(after), Cat(size + 1)}));
  for (size_t i = 0; i < rows.rows(); ++i) page.entries.push_back(ReadEntry(rows, i));
  if (page.entries.size() > static_cast<size_t>(size)) {
    page.entries.pop_back();
    page.next_page_token = PageTokenAfter(page.entries.back());
  }
  return page;
}

std::string PageTokenAfter(const JournalEntry& last) {
  return Cat(last.seq + (last.compensates ? kCompensating : 0));
}

}  // namespace stateserver::revisions
