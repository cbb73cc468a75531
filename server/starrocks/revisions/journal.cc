// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/journal.h"

#include "common/error.h"
#include "common/page_size.h"
#include "common/page_token.h"
#include "common/text.h"
#include "common/time.h"
#include "revisions/words.h"

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

std::string_view StatusName(EntryStatus status) {
  constexpr std::string_view kNames[] = {"intended", "sent", "done", "failed"};
  return kNames[static_cast<size_t>(status)];
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

constexpr absl::Duration kPatience = absl::Seconds(20);

// The first three parameters of every write: gateway, database, fencing token. The row lock keeps
// another server from acquiring the lock before the commit.
constexpr char kHeld[] =
    "WITH held AS (SELECT 1 FROM stateserver.revision_locks WHERE gateway = $1 AND database = $2"
    " AND fencing = $3::bigint FOR SHARE) ";

CallContext Detached() {
  CallContext context;
  context.deadline = SteadyNow() + kPatience;
  return context;
}

absl::Status LockLost() {
  return Error(Reason::WAREHOUSE_LOCK_LOST,
               "Another server holds the warehouse's lock now: this server stops here.",
               "Run the command again: it continues where this run stopped.");
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

absl::Status JournalWriter::WriteIn(postgres::Session& session, const std::string& sql,
                                    std::vector<std::optional<std::string>> more) {
  postgres::Parameters parameters = {key_.gateway, key_.database, Cat(fencing_)};
  parameters.insert(parameters.end(), more.begin(), more.end());
  ASSIGN_OR_RETURN(postgres::Result rows, session.QueryPrepared(Cat(kHeld, sql), parameters));
  return rows.affected_rows() > 0 || rows.rows() > 0 ? absl::OkStatus() : LockLost();
}

absl::Status JournalWriter::Write(const std::string& sql,
                                  std::vector<std::optional<std::string>> more) {
  ASSIGN_OR_RETURN(auto session, pool_.Acquire(Detached()));
  return WriteIn(*session, sql, std::move(more));
}

absl::StatusOr<Run> JournalWriter::BeginRun(const RunStart& start) {
  ASSIGN_OR_RETURN(auto session, pool_.Acquire(Detached()));
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session->QueryPrepared(
          Cat(kHeld,
              "INSERT INTO stateserver.revision_runs (gateway, database, revision, message,"
              " direction, status, operation_id, principal, peer, started_ts) SELECT $1, $2, $4, "
              "$5,"
              " $6, 'running', $7, $8, $9, ",
              kNow, " FROM held RETURNING id, started_ts"),
          {key_.gateway, key_.database, Cat(fencing_), start.revision, start.message,
           DirectionName(start.direction), start.operation_id, start.principal, start.peer}));
  if (rows.rows() == 0) return LockLost();
  Run run;
  run.id = rows.Int(0, 0);
  run.revision = start.revision;
  run.message = start.message;
  run.direction = start.direction;
  run.status = "running";
  run.operation_id = start.operation_id;
  run.principal = start.principal;
  run.peer = start.peer;
  run.started_ts = rows.Int(0, 1);
  return run;
}

absl::Status JournalWriter::TakeOver(const Run& run, const RunStart& start,
                                     std::string_view status) {
  return Write(
      "UPDATE stateserver.revision_runs SET status = $5, operation_id = $6, principal = $7, peer ="
      " $8, error = '' FROM held WHERE id = $4::bigint AND finished_ts IS NULL",
      {Cat(run.id), std::string(status), start.operation_id, start.principal, start.peer});
}

absl::Status JournalWriter::Intend(const Run& run, const JournalEntry& entry) {
  return Write(
      Cat("INSERT INTO stateserver.revision_statements AS s (run_id, compensates, seq, object,"
          " statement, statement_digest, object_digest, label, newest_job, foretold, status,"
          " fencing, started_ts) SELECT $4::bigint, $5::boolean, $6::int, $7, $8, $9, $10, $11, "
          "$12::bigint, $13,"
          " 'intended', $3::bigint, ",
          kNow,
          " FROM held ON CONFLICT (run_id, compensates, seq) DO UPDATE SET object ="
          " excluded.object, statement = excluded.statement, statement_digest ="
          " excluded.statement_digest, object_digest = excluded.object_digest, label ="
          " excluded.label, newest_job = excluded.newest_job, foretold = excluded.foretold, job_id "
          "= 0, job_kind = '', status ="
          " 'intended', fencing = excluded.fencing, attempts = s.attempts + 1, started_ts ="
          " excluded.started_ts, finished_ts = NULL, error = ''"),
      {Cat(run.id), entry.compensates ? "true" : "false", Cat(entry.seq), entry.object,
       entry.statement, entry.statement_digest, entry.object_digest, entry.label,
       Cat(entry.newest_job), entry.foretold});
}

absl::Status JournalWriter::SetEntry(const Run& run, const JournalEntry& entry,
                                     std::string_view status, const std::string& error) {
  ASSIGN_OR_RETURN(auto session, pool_.Acquire(Detached()));
  return SetEntryIn(*session, run, entry, status, error);
}

absl::Status JournalWriter::SetEntryIn(postgres::Session& session, const Run& run,
                                       const JournalEntry& entry, std::string_view status,
                                       const std::string& error) {
  return WriteIn(
      session,
      Cat("UPDATE stateserver.revision_statements SET status = $7, job_id = $8::bigint,"
          " job_kind = $9, error = $10, finished_ts = CASE WHEN $7 IN ('intended', 'sent') THEN"
          " NULL ELSE ",
          kNow,
          " END FROM held WHERE run_id = $4::bigint AND compensates = $5::boolean AND seq ="
          " $6::int"),
      {Cat(run.id), entry.compensates ? "true" : "false", Cat(entry.seq), std::string(status),
       Cat(entry.job_id), entry.job_kind, error});
}

absl::Status JournalWriter::Sent(const Run& run, const JournalEntry& entry) {
  return SetEntry(run, entry, "sent", "");
}
absl::Status JournalWriter::Done(const Run& run, const JournalEntry& entry) {
  return SetEntry(run, entry, "done", "");
}
absl::Status JournalWriter::Failed(const Run& run, const JournalEntry& entry,
                                   const std::string& error) {
  return SetEntry(run, entry, "failed", error);
}

absl::Status JournalWriter::RecordQuery(const RecordedQuery& query) {
  return Write(
      Cat("INSERT INTO stateserver.revision_queries (gateway, database, live_digest,"
          " declared_digest, object, revision, declared, recorded_ts) SELECT $1, $2, $4,"
          " $5, $6, $7, $8, ",
          kNow,
          " FROM held ON CONFLICT (gateway, database, live_digest, declared_digest) DO"
          " UPDATE SET object = excluded.object, revision = excluded.revision, declared ="
          " excluded.declared, recorded_ts = excluded.recorded_ts"),
      {query.digests.live, query.digests.declared, query.object, query.revision, query.declared});
}

absl::Status JournalWriter::FailRun(const Run& run, std::string_view status,
                                    const std::string& error) {
  return Write(
      "UPDATE stateserver.revision_runs SET status = $5, error = $6 FROM held WHERE id ="
      " $4::bigint AND finished_ts IS NULL",
      {Cat(run.id), std::string(status), error});
}

absl::Status JournalWriter::EndCompensated(const Run& run, const std::string& error) {
  return Write(Cat("UPDATE stateserver.revision_runs SET status = 'compensated', error = $5,"
                   " finished_ts = ",
                   kNow, " FROM held WHERE id = $4::bigint AND finished_ts IS NULL"),
               {Cat(run.id), error});
}

absl::Status JournalWriter::WriteHeads(postgres::Session& session,
                                       const std::vector<std::string>& heads,
                                       const std::string& version_table) {
  RETURN_IF_ERROR(session
                      .QueryPrepared("UPDATE stateserver.revision_applied SET is_head = revision ="
                                     " ANY (string_to_array($3, ',')) WHERE gateway = $1 AND"
                                     " database = $2",
                                     {key_.gateway, key_.database, JoinList(heads, ",")})
                      .status());
  return WriteIn(session,
                 "UPDATE stateserver.revision_locks l SET version_table = $4 FROM held WHERE"
                 " l.gateway = $1 AND l.database = $2",
                 {version_table});
}

absl::Status JournalWriter::WriteObject(postgres::Session& session, const std::string& name,
                                        const KnownObject& object) {
  return session
      .QueryPrepared(
          "INSERT INTO stateserver.revision_objects (gateway, database, object,"
          " digest, statement, revision) VALUES ($1, $2, $3, $4, $5, $6) ON"
          " CONFLICT (gateway, database, object) DO UPDATE SET digest ="
          " excluded.digest, statement = excluded.statement, revision ="
          " excluded.revision",
          {key_.gateway, key_.database, name, object.digest, object.statement, object.revision})
      .status();
}

absl::Status JournalWriter::WriteApplied(postgres::Session& session, const std::string& revision,
                                         const std::string& sum) {
  return session
      .QueryPrepared(Cat("INSERT INTO stateserver.revision_applied (gateway, database,"
                         " revision, sum, is_head, applied_ts) VALUES ($1, $2, $3, $4, false, ",
                         kNow,
                         ") ON CONFLICT (gateway, database, revision) DO UPDATE SET sum ="
                         " excluded.sum"),
                     {key_.gateway, key_.database, revision, sum})
      .status();
}

absl::Status JournalWriter::Finish(postgres::Session& session, const RunEnd& end) {
  RETURN_IF_ERROR(WriteIn(session,
                          Cat("UPDATE stateserver.revision_runs SET status = 'done', error = '',"
                              " finished_ts = ",
                              kNow, " FROM held WHERE id = $4::bigint"),
                          {Cat(end.run.id)}));
  if (end.run.direction == Direction::kUpgrade) {
    RETURN_IF_ERROR(WriteApplied(session, end.run.revision, end.sum));
  } else {
    RETURN_IF_ERROR(session
                        .QueryPrepared("DELETE FROM stateserver.revision_applied WHERE gateway = $1"
                                       " AND database = $2 AND revision = $3",
                                       {key_.gateway, key_.database, end.run.revision})
                        .status());
  }
  for (const auto& [name, object] : end.objects) {
    if (object) {
      RETURN_IF_ERROR(WriteObject(session, name, *object));
      continue;
    }
    RETURN_IF_ERROR(session
                        .QueryPrepared("DELETE FROM stateserver.revision_objects WHERE gateway ="
                                       " $1 AND database = $2 AND object = $3",
                                       {key_.gateway, key_.database, name})
                        .status());
  }
  return WriteHeads(session, end.heads, end.version_table);
}

absl::Status JournalWriter::FinishAlone(const RunEnd& end) {
  ASSIGN_OR_RETURN(auto session, pool_.Acquire(Detached()));
  ASSIGN_OR_RETURN(auto transaction,
                   postgres::Transaction::Begin(*session, postgres::Isolation::kReadCommitted));
  RETURN_IF_ERROR(Finish(*session, end));
  return transaction.Commit();
}

absl::Status JournalWriter::Abandon(postgres::Session& session, const Abandonment& record,
                                    const RunStart& start) {
  for (const JournalEntry& entry : record.entries) {
    RETURN_IF_ERROR(SetEntryIn(session, record.run, entry, StatusName(entry.status), entry.error));
  }
  RETURN_IF_ERROR(
      WriteIn(session,
              Cat("UPDATE stateserver.revision_runs SET status = 'failed', error = $5, operation_id"
                  " = $6, principal = $7, peer = $8, finished_ts = ",
                  kNow, " FROM held WHERE id = $4::bigint AND finished_ts IS NULL"),
              {Cat(record.run.id), record.error, start.operation_id, start.principal, start.peer}));
  return WriteHeads(session, record.heads, record.version_table);
}

absl::Status JournalWriter::Clear(postgres::Session& session, std::string_view table) {
  return session
      .QueryPrepared(
          Cat("DELETE FROM stateserver.", table, " WHERE gateway = $1 AND database = $2"),
          {key_.gateway, key_.database})
      .status();
}

absl::Status JournalWriter::Stamp(postgres::Session& session, const StampRecord& record,
                                  const RunStart& start) {
  RETURN_IF_ERROR(
      session
          .QueryPrepared(Cat("UPDATE stateserver.revision_runs SET status = 'failed', error ="
                             " 'closed by a stamp', finished_ts = ",
                             kNow, " WHERE gateway = $1 AND database = $2 AND finished_ts IS NULL"),
                         {key_.gateway, key_.database})
          .status());
  RETURN_IF_ERROR(WriteIn(
      session,
      Cat("INSERT INTO stateserver.revision_runs (gateway, database, revision, message, direction,"
          " status, operation_id, principal, peer, started_ts, finished_ts) SELECT $1, $2, $4, $5,"
          " 'stamp', 'done', $6, $7, $8, ",
          kNow, ", ", kNow, " FROM held"),
      {start.revision, start.message, start.operation_id, start.principal, start.peer}));
  RETURN_IF_ERROR(Clear(session, "revision_applied"));
  RETURN_IF_ERROR(Clear(session, "revision_objects"));
  for (const auto& [revision, sum] : record.applied) {
    RETURN_IF_ERROR(WriteApplied(session, revision, sum));
  }
  for (const auto& [name, object] : record.objects) {
    RETURN_IF_ERROR(WriteObject(session, name, object));
  }
  return WriteHeads(session, record.heads, record.version_table);
}

}  // namespace stateserver::revisions
