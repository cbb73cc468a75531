// SPDX-License-Identifier: Apache-2.0

#include "server/operations/log.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/page_size.h"
#include "common/page_token.h"
#include "common/text.h"
#include "common/time.h"
#include "common/utf8.h"
#include "common/uuid.h"
#include "server/operations/audit.h"
#include "server/operations/refusal_limit.h"
#include "server/operations/rows.h"
#include "server/operations/schema.h"
#include "server/platform/postgres/error_mapping.h"

namespace stateserver::operations {

namespace {

class Beginner {
 public:
  Beginner(postgres::Pool& pool, OperationRequest request)
      : pool_(pool), request_(std::move(request)) {}

  absl::StatusOr<BeginOutcome> Begin(const CallContext& context) {
    ASSIGN_OR_RETURN(request_.id, CanonicalUuid(request_.id, "Operation id"));
    ASSIGN_OR_RETURN(session_, pool_.Acquire(context));
    RETURN_IF_ERROR(session_->RequireOwnSession());
    RETURN_IF_ERROR(EnsureSchema(*session_));
    ASSIGN_OR_RETURN(bool locked, TryLock());
    ASSIGN_OR_RETURN(std::optional<OperationRecord> earlier, Earlier());
    // This also applies if the lock is held: a session that was lost after its commit may keep it.
    if (earlier.has_value() && earlier->status == OperationStatus::kSucceeded) {
      RETURN_IF_ERROR(ConfirmKept(*session_, request_.state_schema, request_.id));
      if (locked) RETURN_IF_ERROR(Unlock());
      return BeginOutcome{nullptr, std::move(earlier)};
    }
    if (!locked) return Running();
    ASSIGN_OR_RETURN(int64_t started_ts, WriteRunning());
    return BeginOutcome{std::make_unique<RunningOperation>(pool_, std::move(session_),
                                                           std::move(request_), started_ts),
                        std::nullopt};
  }

 private:
  absl::StatusOr<bool> TryLock() {
    ASSIGN_OR_RETURN(postgres::Result rows,
                     session_->QueryPrepared(Cat("SELECT pg_try_advisory_lock(", kLockKey, ")"),
                                             {request_.state_schema, request_.id}));
    // From here on, an early return drops the session and thus the lock.
    if (rows.Bool(0, 0)) dropper_.session = session_.get();
    return rows.Bool(0, 0);
  }

  absl::Status Unlock() {
    RETURN_IF_ERROR(session_
                        ->QueryPrepared(Cat("SELECT pg_advisory_unlock(", kLockKey, ")"),
                                        {request_.state_schema, request_.id})
                        .status());
    dropper_.session = nullptr;
    return absl::OkStatus();
  }

  // Returns the row of this id. Returns OPERATION_ID_REUSED if it belongs to another call.
  absl::StatusOr<std::optional<OperationRecord>> Earlier() {
    absl::StatusOr<OperationRecord> record =
        ReadOperation(*session_, request_.state_schema, request_.id);
    if (ReasonOf(record.status()) == Reason::OPERATION_NOT_FOUND) return std::nullopt;
    RETURN_IF_ERROR(record.status());
    ASSIGN_OR_RETURN(postgres::Result same,
                     session_->QueryPrepared("SELECT $1::jsonb = $2::jsonb",
                                             {record->arguments_json, request_.arguments_json}));
    if (record->kind == request_.kind && same.Bool(0, 0)) return *std::move(record);
    return Error(Reason::OPERATION_ID_REUSED,
                 Cat("Operation '", request_.id, "' was run before as '", record->kind,
                     "' with other arguments"),
                 "Use a new operation id for another call.", {{"operation", request_.id}});
  }

  absl::Status Running() const {
    return Error(Reason::OPERATION_RUNNING, Cat("Operation '", request_.id, "' is running now"),
                 "Call WaitOperation until it has ended.", {{"operation", request_.id}});
  }

  // Returns the start time, which no other attempt at the operation has.
  absl::StatusOr<int64_t> WriteRunning() {
    std::string sql =
        Cat("WITH begun AS (INSERT INTO stateserver.operations AS o"
            " (state_schema, id, kind, arguments, gateway, principal, status, started_ts)"
            " VALUES ($1, $2::uuid, $3, $4::jsonb, $5, $6, 'running', ",
            kNowMs,
            ") ON CONFLICT (state_schema, id) DO UPDATE SET gateway = excluded.gateway,"
            " principal = excluded.principal, status = 'running',"
            " started_ts = excluded.started_ts + (excluded.started_ts = o.started_ts)::int,"
            " finished_ts = NULL, details = '', error = '', error_reason = '',"
            " restore_point_id = '' RETURNING ",
            kAuditReturning, ", started_ts), op AS (SELECT ", kAuditReturning, " FROM begun)",
            AuditInsert(7), " RETURNING (SELECT started_ts FROM begun)");
    postgres::Parameters parameters = {request_.state_schema, request_.id,
                                       request_.kind,         request_.arguments_json,
                                       request_.gateway,      request_.principal};
    AddAuditParameters(request_, "began", &parameters);
    ASSIGN_OR_RETURN(postgres::Result rows, session_->QueryPrepared(sql, parameters));
    dropper_.session = nullptr;
    return rows.Int(0, 0);
  }

  // Dropper keeps a connection that still holds the lock from returning to the pool.
  struct Dropper {
    postgres::Session* session = nullptr;
    ~Dropper() {
      if (session != nullptr) session->Close();
    }
  };

  postgres::Pool& pool_;
  OperationRequest request_;
  std::unique_ptr<postgres::Session> session_;
  Dropper dropper_;
};

// Writes after a failure must not depend on the failed call.
constexpr absl::Duration kAfterwards = absl::Seconds(10);

CallContext Afterwards() {
  CallContext context;
  context.deadline = SteadyNow() + kAfterwards;
  return context;
}

// Refused means that nothing was done because the request or the current state does not allow it.
OperationStatus KindOf(const absl::Status& error) {
  switch (ReasonOf(error)) {
    // Earlier statements have been executed.
    case Reason::STATEMENT_FAILED:
    case Reason::REPAIR_NEEDED:
    case Reason::WAREHOUSE_LOCK_LOST:
      return OperationStatus::kFailed;
    default:
      break;
  }
  switch (error.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kPermissionDenied:
      return OperationStatus::kRefused;
    default:
      return OperationStatus::kFailed;
  }
}

std::string Storable(std::string_view text) {
  std::string out = ToValidUtf8(text);
  std::erase(out, '\0');
  return out;
}

// An error may quote external text, such as a name in a record.
constexpr size_t kMostErrorBytes = 8 << 10;

std::string StorableError(const absl::Status& error) {
  std::string text = Storable(MessageOf(error));
  if (text.size() <= kMostErrorBytes) return text;
  std::string_view begin = TruncateUtf8(text, kMostErrorBytes);
  return Cat(begin, "… (", text.size() - begin.size(), " bytes cut)");
}

// Runs a statement that records an outcome. An outcome may quote characters that the encoding of
// the database lacks; they are replaced by '?', because the outcome must not be lost.
absl::Status Record(postgres::Session& session, const std::string& sql,
                    postgres::Parameters parameters) {
  absl::Status status = session.QueryPrepared(sql, parameters).status();
  if (!postgres::LacksCharacter(status)) return status;
  for (auto& parameter : parameters) {
    if (parameter.has_value()) parameter = ToAscii(*parameter);
  }
  return session.QueryPrepared(sql, parameters).status();
}

// Does nothing unless the attempt that began at `started_ts` is running: once its lock is free,
// another attempt may have begun.
absl::Status WriteError(postgres::Session& session, const OperationRequest& request,
                        int64_t started_ts, const absl::Status& error) {
  std::string status(StatusName(KindOf(error)));
  std::string sql =
      Cat("WITH op AS (UPDATE stateserver.operations SET status = $3, error = $4,"
          " error_reason = $5, finished_ts = ",
          kNowMs,
          " WHERE state_schema = $1 AND id = $2::uuid AND status = 'running'"
          " AND started_ts = $6::bigint RETURNING ",
          kAuditReturning, ")", AuditInsert(7));
  postgres::Parameters parameters = {request.state_schema,
                                     request.id,
                                     status,
                                     StorableError(error),
                                     std::string(ReasonName(ReasonOf(error))),
                                     Cat(started_ts)};
  AddAuditParameters(request, status, &parameters);
  return Record(session, sql, std::move(parameters));
}

// A standby shows what it has replayed, and a role without write access cannot wait for
// replication.
constexpr char kCannotConfirm[] =
    "SELECT pg_is_in_recovery() OR NOT has_table_privilege('stateserver.operations', 'UPDATE')";

}  // namespace

absl::StatusOr<BeginOutcome> Begin(postgres::Pool& pool, const CallContext& context,
                                   const OperationRequest& request) {
  return Beginner(pool, request).Begin(context);
}

RunningOperation::RunningOperation(postgres::Pool& pool, std::unique_ptr<postgres::Session> session,
                                   OperationRequest request, int64_t started_ts)
    : pool_(pool),
      session_(std::move(session)),
      request_(std::move(request)),
      started_ts_(started_ts) {}

RunningOperation::~RunningOperation() {
  session_->Rollback();
  bool unlocked = session_
                      ->QueryPrepared(Cat("SELECT pg_advisory_unlock(", kLockKey, ")"),
                                      {request_.state_schema, request_.id})
                      .ok();
  // The lock ends with the connection at the latest.
  if (!unlocked) session_->Close();
}

absl::Status RunningOperation::Finish(const std::string& details_json,
                                      const std::string& restore_point_id) {
  std::string sql =
      Cat("WITH op AS (UPDATE stateserver.operations SET status = 'succeeded', details = $3,"
          " restore_point_id = $4, finished_ts = ",
          kNowMs, " WHERE state_schema = $1 AND id = $2::uuid AND status = 'running' AND ",
          kLockHeldHere, " RETURNING ", kAuditReturning, ")", AuditInsert(5));
  postgres::Parameters parameters = {request_.state_schema, request_.id, details_json,
                                     restore_point_id};
  AddAuditParameters(request_, "succeeded", &parameters);
  ASSIGN_OR_RETURN(postgres::Result updated, session_->QueryPrepared(sql, parameters));
  if (updated.affected_rows() == 1) return absl::OkStatus();
  return Error(Reason::POOLER_UNSAFE,
               Cat("Operation '", request_.id,
                   "' no longer holds its lock, or its row was changed while it ran; nothing was "
                   "changed"),
               "Check that the connection pooler keeps sessions, as pool_mode says; otherwise find "
               "out who writes to schema stateserver.",
               {{"operation", request_.id}});
}

absl::StatusOr<OperationRecord> RunningOperation::ReadKept() {
  auto record = ReadOperation(*session_, request_.state_schema, request_.id);
  if (record.ok()) return record;
  // The connection broke after the commit; the change must not appear undone.
  if (auto other = pool_.Acquire(Afterwards()); other.ok()) {
    record = ReadOperation(**other, request_.state_schema, request_.id);
    if (record.ok() && record->status == OperationStatus::kSucceeded &&
        ConfirmKept(**other, request_.state_schema, request_.id).ok()) {
      return record;
    }
  }
  return Error(
      Reason::COMMIT_IN_DOUBT,
      "The change was committed, but the connection was lost before its record could be read again",
      "Query the outcome of the operation, or run it again with the same operation id.",
      {{"operation", request_.id}});
}

absl::StatusOr<OperationRecord> RunningOperation::Settle(const absl::Status& committed) {
  if (committed.ok()) return ReadKept();
  if (ReasonOf(committed) != Reason::COMMIT_IN_DOUBT) return committed;
  absl::Status in_doubt = WithFact(committed, "operation", request_.id);
  auto session = pool_.Acquire(Afterwards());
  if (!session.ok()) return in_doubt;
  // This settles a COMMIT that never arrived: nothing is kept.
  postgres::EndLostBackend(**session, *session_);
  // The row's lock makes this statement wait for a commit in progress and then see its outcome.
  absl::Status lost = Error(Reason::DATABASE_LOST, "The connection was lost during the commit",
                            "Nothing was changed; try again.", {{"operation", request_.id}});
  if (!WriteError(**session, request_, started_ts_, lost).ok()) return in_doubt;
  auto record = ReadOperation(**session, request_.state_schema, request_.id);
  if (!record.ok()) return in_doubt;
  if (record->status != OperationStatus::kSucceeded) return lost;
  if (!ConfirmKept(**session, request_.state_schema, request_.id).ok()) return in_doubt;
  return record;
}

void RunningOperation::Fail(const absl::Status& error) {
  session_->Rollback();
  if (WriteError(*session_, request_, started_ts_, error).ok()) return;
  auto other = pool_.Acquire(Afterwards());
  if (!other.ok()) return;
  postgres::EndLostBackend(**other, *session_);
  (void)WriteError(**other, request_, started_ts_, error);
}

void RecordRefused(postgres::Pool& pool, const OperationRequest& request,
                   const absl::Status& error) {
  if (KindOf(error) != OperationStatus::kRefused) return;
  // An id that is not a UUID cannot be stored.
  const std::string id = CanonicalUuid(request.id, "Operation id").value_or(NewUuid());
  if (request.refusals != nullptr && !request.refusals->Admit(request)) return;
  auto session = pool.Acquire(Afterwards());
  if (!session.ok()) return;
  auto exists = SchemaExists(**session);
  if (!exists.ok() || !*exists) return;
  if (!EnsureSchema(**session).ok()) return;
  std::string sql = Cat(
      "WITH refused AS (SELECT $1::text AS state_schema, $2::uuid AS id, $3::text AS kind,"
      " $5::text AS gateway, $6::text AS principal, $4::jsonb AS arguments, '' AS details,"
      " $7::text AS error, $8::text AS error_reason),"
      " logged AS (INSERT INTO stateserver.operations (state_schema, id, kind, gateway, principal,"
      " arguments, details, error, error_reason, status, started_ts, finished_ts)"
      " SELECT r.*, 'refused', ",
      kNowMs, ", ", kNowMs,
      " FROM refused r ON CONFLICT (state_schema, id) DO NOTHING),"
      " op AS (SELECT * FROM refused)",
      AuditInsert(9));
  postgres::Parameters parameters = {
      request.state_schema, id,
      request.kind,         request.arguments_json,
      request.gateway,      request.principal,
      StorableError(error), std::string(ReasonName(ReasonOf(error)))};
  AddAuditParameters(request, "refused", &parameters);
  (void)Record(**session, sql, std::move(parameters));
}

void SetCaller(const CallContext& call, OperationRequest* request) {
  request->principal = Storable(call.principal);
  request->method = call.method;
  request->peer = Storable(call.peer);
  request->trace_id = Storable(call.trace_id);
  request->refusals = call.refusals;
}

absl::StatusOr<OperationRecord> GetOperation(postgres::Session& session,
                                             const std::string& state_schema,
                                             const std::string& id) {
  ASSIGN_OR_RETURN(std::string uuid, CanonicalUuid(id, "Operation id"));
  ASSIGN_OR_RETURN(bool exists, SchemaExists(session));
  if (!exists) return OperationNotFound(uuid);
  ASSIGN_OR_RETURN(OperationRecord record, ReadOperation(session, state_schema, uuid));
  if (record.status == OperationStatus::kAbandoned) {
    // The operation may have ended between the statement's snapshot and its check of the locks.
    // Without the lock, a second read sees the final row.
    ASSIGN_OR_RETURN(record, ReadOperation(session, state_schema, uuid));
  }
  if (record.status != OperationStatus::kSucceeded) return record;
  ASSIGN_OR_RETURN(postgres::Result cannot, session.Query(kCannotConfirm));
  if (!cannot.Bool(0, 0)) RETURN_IF_ERROR(ConfirmKept(session, state_schema, uuid));
  return record;
}

std::string PageTokenAfter(const OperationRecord& last) {
  return TimeToken(last.started_ts, last.id);
}

absl::StatusOr<OperationPage> ListOperations(postgres::Session& session,
                                             const std::string& state_schema, int page_size,
                                             const std::string& page_token) {
  ASSIGN_OR_RETURN(int asked, PageSize(page_size));
  ASSIGN_OR_RETURN(TimePosition after, ParseTimeToken(page_token));
  OperationPage page;
  ASSIGN_OR_RETURN(bool exists, SchemaExists(session));
  if (!exists) return page;
  const std::string sql = Cat("SELECT ", ListedRecordColumns(),
                              " FROM stateserver.operations WHERE state_schema = $1"
                              " AND (started_ts, id) < ($2::bigint, $3::uuid)"
                              " ORDER BY started_ts DESC, id DESC LIMIT $4::bigint");
  const auto size = static_cast<size_t>(asked);
  size_t bytes = 0;
  while (true) {
    size_t count = std::min(size - page.operations.size(), kListedRows);
    ASSIGN_OR_RETURN(postgres::Result rows, session.QueryPrepared(sql, {state_schema, after.ts,
                                                                        after.id, Cat(count + 1)}));
    for (size_t row = 0; row < std::min(rows.rows(), count); ++row) {
      OperationRecord record = ReadRecord(rows, row, state_schema);
      if (record.status == OperationStatus::kAbandoned) {
        ASSIGN_OR_RETURN(record, ReadOperation(session, state_schema, record.id));
      }
      bytes += record.details_json.size() + record.error.size() + record.arguments_json.size();
      page.operations.push_back(std::move(record));
    }
    if (rows.rows() <= count) return page;
    const OperationRecord& last = page.operations.back();
    if (page.operations.size() == size || bytes >= kListedBytes) {
      page.next_page_token = PageTokenAfter(last);
      return page;
    }
    after = {Cat(last.started_ts), last.id};
  }
}

}  // namespace stateserver::operations
