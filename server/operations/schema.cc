// SPDX-License-Identifier: Apache-2.0

#include "server/operations/schema.h"

#include <iterator>

#include "common/error.h"
#include "common/text.h"
#include "common/version.h"

namespace stateserver::operations {
namespace {

// Times are epoch milliseconds of the database's clock. One row of `operations` is one run.
// `restore_point_chunks.data` is already compressed.
constexpr char kFirstTables[] = R"sql(
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

// A server writes the progress of its running operations every two seconds; requests to cancel
// them are kept beside it.
constexpr char kHeartbeats[] = R"sql(
ALTER TABLE stateserver.operations
  ADD COLUMN IF NOT EXISTS heartbeat_ts bigint,
  ADD COLUMN IF NOT EXISTS server text NOT NULL DEFAULT '',
  ADD COLUMN IF NOT EXISTS phase text NOT NULL DEFAULT '',
  ADD COLUMN IF NOT EXISTS done bigint NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS total bigint NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS rate double precision NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS blocked_by text NOT NULL DEFAULT '',
  ADD COLUMN IF NOT EXISTS cancel_requested_ts bigint,
  ADD COLUMN IF NOT EXISTS cancel_requested_by text NOT NULL DEFAULT '';
ALTER TABLE stateserver.audit DROP CONSTRAINT IF EXISTS audit_event_check,
  ADD CONSTRAINT audit_event_check
    CHECK (event IN ('began', 'succeeded', 'failed', 'refused', 'cancel_requested'));
)sql";

// Step is one addition to the tables. Servers that do not know a step are not affected by it, so
// servers of neighboring releases work side by side.
struct Step {
  int number;
  const char* sql;
};
constexpr Step kSteps[] = {{1, kFirstTables}, {2, kAudit}, {3, kHeartbeats}};
static_assert(std::size(kSteps) == kNewestStep);

// The steps without which this server cannot work.
constexpr int kRequiredStep = 2;

// Not a step itself: says which steps were taken. A database of 0.1.0 has none of its own.
constexpr char kStepsTable[] = R"sql(
CREATE TABLE IF NOT EXISTS stateserver.steps (
  number integer PRIMARY KEY,
  taken_ts bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
  taken_by text NOT NULL
);
-- Roles with rights on the older tables alone must be able to count the steps.
GRANT SELECT ON stateserver.steps TO PUBLIC;
)sql";

absl::StatusOr<bool> HasTable(postgres::Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared("SELECT FROM pg_class c JOIN pg_namespace n"
                                         " ON n.oid = c.relnamespace"
                                         " WHERE n.nspname = 'stateserver' AND c.relname = $1",
                                         {name}));
  return rows.rows() > 0;
}

// The generation of the schema. A server refuses a generation that is newer than its own.
absl::Status CheckGeneration(postgres::Session& session) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared("SELECT max(version) FROM stateserver.meta"));
  const int64_t generation = rows.Int(0, 0);
  if (generation <= kSchemaVersion) return absl::OkStatus();
  return Error(Reason::STATE_AHEAD,
               Cat("Schema 'stateserver' was created by a newer stateserver (version ", generation,
                   ", this one knows ", kSchemaVersion, ")"),
               "Use that release of stateserver.");
}

absl::Status TakeSteps(postgres::Session& session) {
  ASSIGN_OR_RETURN(auto transaction,
                   postgres::Transaction::Begin(session, postgres::Isolation::kReadCommitted));
  RETURN_IF_ERROR(
      session.Execute("SELECT pg_advisory_xact_lock(hashtextextended('stateserver.meta', 0))"));
  ASSIGN_OR_RETURN(int taken, SchemaStep(session));
  if (taken > 0) RETURN_IF_ERROR(CheckGeneration(session));
  if (taken >= kNewestStep) return transaction.Commit();
  // CREATE SCHEMA IF NOT EXISTS requires CREATE on the database even if an administrator has
  // created the schema beforehand.
  ASSIGN_OR_RETURN(postgres::Result made,
                   session.Query("SELECT FROM pg_namespace WHERE nspname = 'stateserver'"));
  if (made.rows() == 0) RETURN_IF_ERROR(session.Execute("CREATE SCHEMA stateserver"));
  for (const Step& step : kSteps) {
    if (step.number > taken) RETURN_IF_ERROR(session.Execute(step.sql));
  }
  if (taken == 0) {
    RETURN_IF_ERROR(
        session.Execute(Cat("INSERT INTO stateserver.meta VALUES (", kSchemaVersion, ")")));
  }
  RETURN_IF_ERROR(session.Execute(kStepsTable));
  for (const Step& step : kSteps) {
    RETURN_IF_ERROR(session
                        .Query("INSERT INTO stateserver.steps (number, taken_by)"
                               " VALUES ($1::integer, $2) ON CONFLICT DO NOTHING",
                               {Cat(step.number), step.number > taken ? Cat(Version()) : "0.1.0"})
                        .status());
  }
  return transaction.Commit();
}

}  // namespace

absl::StatusOr<bool> SchemaExists(postgres::Session& session) { return HasTable(session, "meta"); }

absl::StatusOr<bool> AuditExists(postgres::Session& session) { return HasTable(session, "audit"); }

absl::StatusOr<int> SchemaStep(postgres::Session& session) {
  ASSIGN_OR_RETURN(bool exists, SchemaExists(session));
  if (!exists) return 0;
  ASSIGN_OR_RETURN(bool counted, HasTable(session, "steps"));
  if (counted) {
    ASSIGN_OR_RETURN(postgres::Result rows,
                     session.QueryPrepared("SELECT max(number) FROM stateserver.steps"));
    return static_cast<int>(rows.Int(0, 0));
  }
  ASSIGN_OR_RETURN(bool audit, AuditExists(session));
  return audit ? 2 : 1;
}

absl::Status EnsureSchema(postgres::Session& session) {
  ASSIGN_OR_RETURN(int taken, SchemaStep(session));
  if (taken >= kNewestStep) return CheckGeneration(session);
  absl::Status status = TakeSteps(session);
  // A server that is not the owner of the tables works without what the last steps add.
  bool may_wait = taken >= kRequiredStep && ReasonOf(status) == Reason::PERMISSION_MISSING;
  return may_wait ? CheckGeneration(session) : status;
}

}  // namespace stateserver::operations
