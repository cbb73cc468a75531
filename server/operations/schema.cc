// SPDX-License-Identifier: Apache-2.0

#include "server/operations/schema.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::operations {
namespace {

// Times are epoch milliseconds of the database's clock. One row of `operations` is one run.
// `restore_point_chunks.data` is already compressed.
constexpr char kTables[] = R"sql(
CREATE TABLE stateserver.operations (
  state_schema text NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  arguments jsonb NOT NULL,
  gateway text NOT NULL,
  principal text NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'refused')),
  started_ts bigint NOT NULL,
  finished_ts bigint,
  details text NOT NULL DEFAULT '',
  error text NOT NULL DEFAULT '',
  error_reason text NOT NULL DEFAULT '',
  restore_point_id text NOT NULL DEFAULT '',
  PRIMARY KEY (state_schema, id)
);
CREATE INDEX operations_started ON stateserver.operations (state_schema, started_ts, id);
CREATE TABLE stateserver.restore_points (
  id uuid PRIMARY KEY,
  state_schema text NOT NULL,
  created_ts bigint NOT NULL,
  reason text NOT NULL,
  operation_id text NOT NULL,
  schema_version integer NOT NULL,
  sqlglot_version text NOT NULL,
  sqlmesh_version text NOT NULL,
  snapshots bigint NOT NULL,
  environments bigint NOT NULL,
  interval_rows bigint NOT NULL,
  raw_bytes bigint NOT NULL,
  stored_bytes bigint NOT NULL,
  manifest text NOT NULL
);
CREATE INDEX restore_points_created ON stateserver.restore_points (state_schema, created_ts, id);
CREATE TABLE stateserver.restore_point_chunks (
  restore_point_id uuid NOT NULL REFERENCES stateserver.restore_points (id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  seq integer NOT NULL,
  table_name text NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (restore_point_id, seq)
);
ALTER TABLE stateserver.restore_point_chunks ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE TABLE stateserver.meta (version integer NOT NULL);
)sql";

// This table was added later without a new version, because servers that do not know it are not
// affected.
constexpr char kAudit[] = R"sql(
CREATE TABLE stateserver.audit (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at_ts bigint NOT NULL,
  event text NOT NULL CHECK (event IN ('began', 'succeeded', 'failed', 'refused')),
  state_schema text NOT NULL,
  operation_id uuid NOT NULL,
  kind text NOT NULL,
  gateway text NOT NULL,
  principal text NOT NULL,
  method text NOT NULL,
  peer text NOT NULL,
  trace_id text NOT NULL,
  arguments jsonb NOT NULL,
  details text NOT NULL,
  error text NOT NULL,
  error_reason text NOT NULL
);
CREATE INDEX audit_operation ON stateserver.audit (operation_id);
)sql";

struct Present {
  int version = 0;  // 0 if there is no schema
  bool audit = false;
};

absl::StatusOr<bool> HasTable(postgres::Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared("SELECT FROM pg_class c JOIN pg_namespace n"
                                         " ON n.oid = c.relnamespace"
                                         " WHERE n.nspname = 'stateserver' AND c.relname = $1",
                                         {name}));
  return rows.rows() > 0;
}

absl::StatusOr<Present> ReadPresent(postgres::Session& session) {
  Present present;
  ASSIGN_OR_RETURN(bool exists, SchemaExists(session));
  if (!exists) return present;
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared("SELECT max(version) FROM stateserver.meta"));
  present.version = static_cast<int>(rows.Int(0, 0));
  ASSIGN_OR_RETURN(present.audit, AuditExists(session));
  return present;
}

absl::Status CheckVersion(int version) {
  if (version <= kSchemaVersion) return absl::OkStatus();
  return Error(Reason::STATE_AHEAD,
               Cat("Schema 'stateserver' was created by a newer stateserver (version ", version,
                   ", this one knows ", kSchemaVersion, ")"),
               "Use that release of stateserver.");
}

absl::Status CreateInTransaction(postgres::Session& session) {
  RETURN_IF_ERROR(
      session.Execute("SELECT pg_advisory_xact_lock(hashtextextended('stateserver.meta', 0))"));
  ASSIGN_OR_RETURN(Present present, ReadPresent(session));
  if (present.version != 0) {
    RETURN_IF_ERROR(CheckVersion(present.version));
    if (!present.audit) RETURN_IF_ERROR(session.Execute(kAudit));
    return session.Commit();
  }
  // CREATE SCHEMA IF NOT EXISTS requires CREATE on the database even if an administrator has
  // created the schema beforehand.
  ASSIGN_OR_RETURN(postgres::Result made,
                   session.Query("SELECT FROM pg_namespace WHERE nspname = 'stateserver'"));
  if (made.rows() == 0) RETURN_IF_ERROR(session.Execute("CREATE SCHEMA stateserver"));
  RETURN_IF_ERROR(session.Execute(kTables));
  RETURN_IF_ERROR(session.Execute(kAudit));
  RETURN_IF_ERROR(
      session.Execute(Cat("INSERT INTO stateserver.meta VALUES (", kSchemaVersion, ")")));
  return session.Commit();
}

}  // namespace

absl::StatusOr<bool> SchemaExists(postgres::Session& session) { return HasTable(session, "meta"); }

absl::StatusOr<bool> AuditExists(postgres::Session& session) { return HasTable(session, "audit"); }

absl::Status EnsureSchema(postgres::Session& session) {
  ASSIGN_OR_RETURN(Present present, ReadPresent(session));
  if (present.version != 0 && (present.audit || present.version > kSchemaVersion)) {
    return CheckVersion(present.version);
  }
  RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
  absl::Status status = CreateInTransaction(session);
  session.Rollback();
  return status;
}

}  // namespace stateserver::operations
