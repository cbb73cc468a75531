// SPDX-License-Identifier: Apache-2.0

#include "server/operations/change.h"

#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/operations/rows.h"
#include "server/operations/schema.h"
#include "server/platform/postgres/failpoint.h"

namespace stateserver::operations {
namespace {

// Returns the name of a failpoint of this kind of change: "import.before_commit" for "import" and
// for "import --replace".
std::string Point(const OperationRequest& request, std::string_view name) {
  return Cat(request.kind.substr(0, request.kind.find(' ')), ".", name);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Change>> Change::Begin(postgres::Pool& pool, const CallContext& call,
                                                      ChangeRequest request, const Check& check) {
  SetCaller(call, &request.operation);
  std::unique_ptr<Change> change(new Change(pool, call, std::move(request)));
  absl::Status started = change->Start(check);
  if (started.ok()) return change;
  if (change->dry_run()) return started;
  RecordRefused(pool, change->request(), started);
  return WithFact(started, "operation", change->request().id);
}

absl::Status Change::Start(const Check& check) {
  if (!dry_run()) {
    ASSIGN_OR_RETURN(request_.operation.id, CanonicalUuid(request_.operation.id, "Operation id"));
  }
  {
    ASSIGN_OR_RETURN(auto session, pool_.Acquire(call_));
    RETURN_IF_ERROR(CheckUnlessSucceeded(*session, check));
    if (dry_run()) {
      dry_run_session_ = std::move(session);
      return absl::OkStatus();
    }
  }
  ASSIGN_OR_RETURN(BeginOutcome begun, operations::Begin(pool_, call_, request_.operation));
  running_ = std::move(begun.running);
  replayed_ = std::move(begun.finished);
  return absl::OkStatus();
}

// The state may have moved on since an earlier success of the same id, so that the checks would
// refuse what has been done already.
absl::Status Change::CheckUnlessSucceeded(postgres::Session& session, const Check& check) {
  ASSIGN_OR_RETURN(auto transaction, postgres::Transaction::Begin(
                                         session, postgres::Isolation::kRepeatableReadReadOnly));
  if (!dry_run()) {
    ASSIGN_OR_RETURN(bool exists, SchemaExists(session));
    if (exists) {
      auto earlier = ReadOperation(session, request().state_schema, request().id);
      if (earlier.ok() && earlier->status == OperationStatus::kSucceeded) return absl::OkStatus();
      if (!earlier.ok() && ReasonOf(earlier.status()) != Reason::OPERATION_NOT_FOUND) {
        return earlier.status();
      }
    }
  }
  return check(session);
}

postgres::Session& Change::session() {
  return running_ != nullptr ? running_->session() : *dry_run_session_;
}

Change::~Change() {
  if (running_ == nullptr || ended_) return;
  absl::Status ended = call_.Check();
  (void)Fail(ended.ok() ? Error(Reason::CANCELLED, "The call ended before its commit") : ended);
}

absl::Status Change::TakeRestorePoint(RestorePoints& points) {
  if (dry_run()) return absl::OkStatus();
  ASSIGN_OR_RETURN(restore_point_id_, points.Take(session(), request()));
  points_ = &points;
  return absl::OkStatus();
}

absl::Status Change::Fail(const absl::Status& error) {
  if (dry_run()) {
    dry_run_session_->Rollback();
    return error;
  }
  if (running_ != nullptr && !std::exchange(ended_, true)) running_->Fail(error);
  return WithFact(error, "operation", request().id);
}

absl::StatusOr<OperationRecord> Change::CommitJson(const std::string& result_json) {
  if (dry_run()) {
    dry_run_session_->Rollback();
    return OperationRecord{};
  }
  absl::StatusOr<OperationRecord> record = CommitOperation(result_json);
  if (!record.ok()) return Fail(record.status());
  ended_ = true;
  // A surplus restore point does no harm.
  if (points_ != nullptr) removed_ = points_->RemoveSurplus();
  FAILPOINT(Point(request(), "before_reply"));
  return record;
}

absl::StatusOr<OperationRecord> Change::CommitOperation(const std::string& result_json) {
  RETURN_IF_ERROR(running_->Finish(result_json, restore_point_id_));
  FAILPOINT_SESSION(Point(request(), "before_commit"), pool_, session());
  absl::Status committed = session().Commit();
  FAILPOINT(Point(request(), "after_commit"));
  return running_->Settle(committed);
}

}  // namespace stateserver::operations
