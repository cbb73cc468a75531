// SPDX-License-Identifier: Apache-2.0
//
// The beginning of an operation.
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/operations/audit.h"
#include "server/operations/log.h"
#include "server/operations/rows.h"
#include "server/operations/schema.h"

namespace stateserver::operations {
namespace {

class Beginner {
 public:
  Beginner(postgres::Pool& pool, OperationRequest request)
      : pool_(pool), request_(std::move(request)) {}

  absl::StatusOr<BeginOutcome> Run(const CallContext& context) {
    ASSIGN_OR_RETURN(request_.id, CanonicalUuid(request_.id, "operation id"));
    ASSIGN_OR_RETURN(session_, pool_.Acquire(context));
    RETURN_IF_ERROR(session_->RequireOwnSession());
    RETURN_IF_ERROR(EnsureSchema(*session_));
    ASSIGN_OR_RETURN(bool locked, TryLock());
    ASSIGN_OR_RETURN(std::optional<OperationRecord> earlier, Earlier());
    // Also where the lock is held: a session that was lost after its commit may keep it.
    if (earlier.has_value() && earlier->status == OperationStatus::kSucceeded) {
      RETURN_IF_ERROR(ConfirmKept(*session_, request_.state_schema, request_.id));
      if (locked) RETURN_IF_ERROR(Unlock());
      return BeginOutcome{nullptr, std::move(earlier)};
    }
    if (!locked) return Running();
    RETURN_IF_ERROR(WriteRunning());
    return BeginOutcome{
        std::make_unique<RunningOperation>(pool_, std::move(session_), std::move(request_)),
        std::nullopt};
  }

 private:
  absl::StatusOr<bool> TryLock() {
    ASSIGN_OR_RETURN(postgres::Result rows,
                     session_->QueryPrepared(Cat("SELECT pg_try_advisory_lock(", kLockKey, ")"),
                                             {request_.state_schema, request_.id}));
    // An early return from here on drops the session, and with it the lock.
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

  // The row of this id; OPERATION_ID_REUSED where it was another call's.
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
                 Cat("operation ", request_.id, " was run before as \"", record->kind,
                     "\" with other arguments"),
                 "Use a new operation id for another call.", {{"operation", request_.id}});
  }

  absl::Status Running() const {
    return Error(Reason::OPERATION_RUNNING, Cat("operation ", request_.id, " is running now"),
                 Cat("Ask `stateclient operation ", request_.id, "` until it has finished."),
                 {{"operation", request_.id}});
  }

  absl::Status WriteRunning() {
    std::string sql =
        Cat("WITH op AS (INSERT INTO stateserver.operations"
            " (state_schema, id, kind, arguments, gateway, principal, status, started_ts)"
            " VALUES ($1, $2::uuid, $3, $4::jsonb, $5, $6, 'running', ",
            kNowMs,
            ") ON CONFLICT (state_schema, id) DO UPDATE SET gateway = excluded.gateway,"
            " principal = excluded.principal, status = 'running', started_ts = excluded.started_ts,"
            " finished_ts = NULL, details = '', error = '', error_reason = '',"
            " restore_point_id = '' RETURNING ",
            kAuditReturning, ")", AuditInsert(7));
    postgres::Parameters parameters = {request_.state_schema, request_.id,
                                       request_.kind,         request_.arguments_json,
                                       request_.gateway,      request_.principal};
    AddAuditParameters(request_, "began", &parameters);
    RETURN_IF_ERROR(session_->QueryPrepared(sql, parameters).status());
    dropper_.session = nullptr;
    return absl::OkStatus();
  }

  // A connection that still holds the lock must not go back to the pool.
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

}  // namespace

absl::StatusOr<BeginOutcome> Begin(postgres::Pool& pool, const CallContext& context,
                                   const OperationRequest& request) {
  return Beginner(pool, request).Run(context);
}

}  // namespace stateserver::operations
