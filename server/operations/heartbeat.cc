// SPDX-License-Identifier: Apache-2.0

#include "server/operations/heartbeat.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/error.h"
#include "common/text.h"
#include "common/time.h"
#include "server/operations/audit.h"
#include "server/operations/rows.h"
#include "server/operations/schema.h"

namespace stateserver::operations {
namespace {

constexpr size_t kMostRunning = 1000;

absl::StatusOr<bool> HasHeartbeats(postgres::Session& session) {
  ASSIGN_OR_RETURN(int step, SchemaStep(session));
  return step >= kHeartbeatStep;
}

absl::StatusOr<std::vector<CancelRequest>> WriteInTransaction(postgres::Session& session,
                                                              const std::string& state_schema,
                                                              const std::string& server,
                                                              const std::vector<Heartbeat>& beats) {
  ASSIGN_OR_RETURN(auto transaction,
                   postgres::Transaction::Begin(session, postgres::Isolation::kReadCommitted));
  // A heartbeat may get lost, and must not wait for a standby.
  RETURN_IF_ERROR(session.Execute("SET LOCAL synchronous_commit = off"));
  std::vector<std::string> values;
  postgres::Parameters parameters = {state_schema, server};
  for (const Heartbeat& beat : beats) {
    size_t at = parameters.size();
    values.push_back(Cat("($", at + 1, "::uuid, $", at + 2, ", $", at + 3, "::bigint, $", at + 4,
                         "::bigint, $", at + 5, "::float8, $", at + 6, ")"));
    parameters.insert(parameters.end(),
                      {beat.operation_id, beat.phase, Cat(beat.done), Cat(beat.total),
                       std::to_string(beat.rate), beat.blocked_by});
  }
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.Query(
          Cat("WITH beat (id, phase, done, total, rate, blocked_by) AS (VALUES ",
              absl::StrJoin(values, ", "),
              "), free AS (SELECT o.id FROM stateserver.operations o JOIN beat b ON b.id = o.id"
              " WHERE o.state_schema = $1 AND o.status = 'running' FOR UPDATE OF o SKIP LOCKED)"
              " UPDATE stateserver.operations o SET heartbeat_ts = ",
              kNowMs,
              ", server = $2, phase = b.phase, done = b.done, total = b.total, rate = b.rate,"
              " blocked_by = b.blocked_by FROM beat b JOIN free f ON f.id = b.id"
              " WHERE o.state_schema = $1 AND o.id = b.id RETURNING o.id,"
              // A request concerns the attempt that ran when it was made.
              " CASE WHEN o.cancel_requested_ts >= o.started_ts THEN o.cancel_requested_by"
              " ELSE '' END"),
          parameters));
  std::vector<CancelRequest> requests;
  for (size_t i = 0; i < rows.rows(); ++i) {
    if (rows.Text(i, 1).empty()) continue;
    requests.push_back({std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1))});
  }
  RETURN_IF_ERROR(transaction.Commit());
  return requests;
}

absl::Status Ended(const OperationRecord& record) {
  std::string message =
      record.status == OperationStatus::kRunning
          ? Cat("Operation '", record.id, "' is being committed and cannot be cancelled any more")
          : Cat("Operation '", record.id, "' does not run: it is ", StatusName(record.status));
  return Error(Reason::OPERATION_ENDED, message, "GetOperation returns its outcome.",
               {{"operation", record.id}});
}

}  // namespace

absl::StatusOr<std::vector<CancelRequest>> WriteHeartbeats(postgres::Session& session,
                                                           const std::string& state_schema,
                                                           const std::string& server,
                                                           const std::vector<Heartbeat>& beats) {
  if (beats.empty()) return std::vector<CancelRequest>();
  ASSIGN_OR_RETURN(bool supported, HasHeartbeats(session));
  if (!supported) return std::vector<CancelRequest>();
  return WriteInTransaction(session, state_schema, server, beats);
}

absl::StatusOr<std::vector<RunningRecord>> ListRunning(postgres::Session& session,
                                                       const std::string& state_schema) {
  std::vector<RunningRecord> out;
  ASSIGN_OR_RETURN(bool supported, HasHeartbeats(session));
  if (!supported) return out;
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(
          Cat("SELECT ", ListedRecordColumns(),
              ", phase, done, total, rate, blocked_by, server, coalesce(heartbeat_ts, 0)"
              " FROM stateserver.operations WHERE state_schema = $1 AND status = 'running'"
              " ORDER BY started_ts, id LIMIT ",
              kMostRunning),
          {state_schema}));
  for (size_t row = 0; row < rows.rows(); ++row) {
    RunningRecord one;
    one.operation = ReadRecord(rows, row, state_schema);
    // Its server died.
    if (one.operation.status != OperationStatus::kRunning) continue;
    const size_t at = kRecordColumnCount;
    one.heartbeat.operation_id = one.operation.id;
    one.heartbeat.phase = rows.Text(row, at);
    one.heartbeat.done = rows.Int(row, at + 1);
    one.heartbeat.total = rows.Int(row, at + 2);
    one.heartbeat.rate = std::atof(std::string(rows.Text(row, at + 3)).c_str());
    one.heartbeat.blocked_by = rows.Text(row, at + 4);
    one.server = rows.Text(row, at + 5);
    one.heartbeat_ts = rows.Int(row, at + 6);
    if (one.heartbeat_ts < one.operation.started_ts) {  // of an earlier attempt
      one.heartbeat = Heartbeat();
      one.heartbeat.operation_id = one.operation.id;
      one.server.clear();
      one.heartbeat_ts = 0;
    }
    out.push_back(std::move(one));
  }
  return out;
}

absl::StatusOr<OperationRecord> WaitUntilEnded(postgres::Pool& pool, const CallContext& call,
                                               const std::string& state_schema,
                                               const std::string& id, absl::Duration limit) {
  constexpr absl::Duration kPoll = absl::Milliseconds(200);
  const absl::Time until = SteadyNow() + limit;
  while (true) {
    RETURN_IF_ERROR(call.Check());
    ASSIGN_OR_RETURN(auto session, pool.Acquire(call));
    ASSIGN_OR_RETURN(OperationRecord record, GetOperation(*session, state_schema, id));
    session.reset();
    absl::Duration left = until - SteadyNow();
    if (record.status != OperationStatus::kRunning || left <= absl::ZeroDuration()) return record;
    absl::SleepFor(std::min(kPoll, left));
  }
}

absl::Status RequestCancel(postgres::Session& session, const std::string& state_schema,
                           const std::string& id, const CallContext& by) {
  ASSIGN_OR_RETURN(OperationRecord record, GetOperation(session, state_schema, id));
  if (record.status != OperationStatus::kRunning) return Ended(record);
  RETURN_IF_ERROR(EnsureSchema(session));
  OperationRequest request;
  request.id = record.id;
  request.state_schema = state_schema;
  SetCaller(by, &request);
  // The row is locked once the operation writes its outcome.
  postgres::Parameters parameters = {state_schema, record.id, request.principal};
  AddAuditParameters(request, "cancel_requested", &parameters);
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(
          Cat("WITH free AS (SELECT id FROM stateserver.operations WHERE state_schema = $1"
              " AND id = $2::uuid AND status = 'running' FOR UPDATE SKIP LOCKED),"
              " op AS (UPDATE stateserver.operations o SET cancel_requested_by = $3,"
              " cancel_requested_ts = ",
              kNowMs,
              " FROM free WHERE o.state_schema = $1 AND o.id = free.id"
              " RETURNING o.state_schema, o.id, o.kind, o.gateway, o.cancel_requested_by,"
              " o.arguments, o.details, o.error, o.error_reason)",
              AuditInsert(4)),
          parameters));
  if (rows.affected_rows() == 1) return absl::OkStatus();
  ASSIGN_OR_RETURN(record, GetOperation(session, state_schema, id));
  return Ended(record);
}

}  // namespace stateserver::operations
