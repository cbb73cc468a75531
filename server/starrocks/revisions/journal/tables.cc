// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/journal/tables.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::revisions {
namespace {

constexpr int kVersion = 1;

// Times are epoch milliseconds of the database's clock. A warehouse is a gateway
// and a database of its StarRocks.
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
               Cat("the journal of revisions was made by a newer stateserver (version ", version,
                   ", this one knows ", kVersion, ")"),
               "Use that release of stateserver.");
}

absl::Status Create(postgres::Session& session) {
  RETURN_IF_ERROR(
      session.Execute("SELECT pg_advisory_xact_lock(hashtextextended('stateserver.meta', 0))"));
  ASSIGN_OR_RETURN(int version, ReadVersion(session));
  if (version != 0) return CheckVersion(version);
  RETURN_IF_ERROR(session.Execute(kTables));
  RETURN_IF_ERROR(
      session.Execute(Cat("INSERT INTO stateserver.revision_meta VALUES (", kVersion, ")")));
  return session.Commit();
}

}  // namespace

absl::StatusOr<bool> TablesExist(postgres::Session& session) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared("SELECT FROM pg_class c JOIN pg_namespace n"
                                         " ON n.oid = c.relnamespace WHERE n.nspname ="
                                         " 'stateserver' AND c.relname = 'revision_meta'"));
  return rows.rows() > 0;
}

absl::Status EnsureTables(postgres::Session& session) {
  ASSIGN_OR_RETURN(int version, ReadVersion(session));
  if (version != 0) return CheckVersion(version);
  RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
  absl::Status status = Create(session);
  session.Rollback();
  return status;
}

}  // namespace stateserver::revisions
