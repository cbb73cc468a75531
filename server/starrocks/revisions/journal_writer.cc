// SPDX-License-Identifier: Apache-2.0

#include "common/error.h"
#include "common/text.h"
#include "common/time.h"
#include "revisions/words.h"
#include "server/starrocks/revisions/journal.h"

namespace stateserver::revisions {

namespace {

std::string_view StatusName(EntryStatus status) {
  constexpr std::string_view kNames[] = {"intended", "sent", "done", "failed"};
  return kNames[static_cast<size_t>(status)];
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
