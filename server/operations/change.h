// SPDX-License-Identifier: Apache-2.0
//
// The one way to make a change. Every changing call of either half runs through Change, so that
// each begins, is refused, commits, is replayed and is audited alike.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/operations/log.h"
#include "server/operations/result_json.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"

namespace stateserver::operations {

// RestorePoints copies what a destructive change is about to overwrite. The half that owns the
// data implements it.
class RestorePoints {
 public:
  virtual ~RestorePoints() = default;
  // Takes a copy in the transaction of `session` for operation `request` and returns its id.
  virtual absl::StatusOr<std::string> Take(postgres::Session& session,
                                           const OperationRequest& request) = 0;
  // Removes surplus copies, best effort, and returns their ids. Called after the commit.
  virtual std::vector<std::string> RemoveSurplus() = 0;
};

// ChangeRequest is what a changing call asks for.
struct ChangeRequest {
  // Its `id`, `kind`, `arguments_json`, `gateway` and `state_schema`; the caller of the call is
  // filled in by Change.
  OperationRequest operation;
  // Runs everything and rolls back: no operation, no restore point, no audit event.
  bool dry_run = false;
};

// Change is one run of a changing call, from its checks to its settled outcome:
//
//   1. If the id succeeded before, the earlier record is returned: see replayed().
//   2. The checks of the call run, before anything is written.
//   3. The operation begins: its row and the event `began` are committed.
//   4. The caller works on session().
//   5. Commit writes the outcome and the event `succeeded` in the transaction of the work.
//
// Every other end is recorded, too: a refusal in step 1 to 3 by RecordRefused, an error later by
// Fail or, if the caller just drops the Change, by the destructor. Not thread-safe.
class Change {
 public:
  // Checks what can be checked before the change begins. `session` is in a read-only transaction.
  using Check = std::function<absl::Status(postgres::Session& session)>;

  // Performs steps 1 to 3. Errors of `check` and of operations::Begin are returned with the fact
  // "operation". `pool` and `call` must outlive the change.
  static absl::StatusOr<std::unique_ptr<Change>> Begin(postgres::Pool& pool,
                                                       const CallContext& call,
                                                       ChangeRequest request, const Check& check);
  ~Change();
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  bool dry_run() const { return request_.dry_run; }
  const OperationRequest& request() const { return request_.operation; }

  // The record of an earlier success with the same id, or null. If set, there is nothing to do.
  const OperationRecord* replayed() const { return replayed_ ? &*replayed_ : nullptr; }
  // Returns the result that the earlier success recorded. Requires replayed(). Returns INTERNAL if
  // the record cannot be read.
  template <typename Result>
  absl::StatusOr<Result> ReplayedResult() const {
    return ResultFromJson<Result>(replayed_->details_json);
  }

  // The session to work on; the caller begins the transaction. It holds the lock on the id.
  // Requires that replayed() is null.
  postgres::Session& session();

  // Takes a restore point in the transaction of session(), before anything is overwritten. Does
  // nothing in a dry run. `points` must outlive the change.
  absl::Status TakeRestorePoint(RestorePoints& points);
  // The id of the restore point; empty if none was taken.
  const std::string& restore_point_id() const { return restore_point_id_; }
  // The restore points that were removed after the commit, because they exceeded the limits.
  const std::vector<std::string>& removed_restore_points() const { return removed_; }

  // Rolls back and records `error` as the outcome. Returns it with the fact "operation".
  absl::Status Fail(const absl::Status& error);

  // Writes the outcome with `result`, commits, settles a lost commit and removes surplus restore
  // points. Returns the record, or a default one after a dry run, which is rolled back. After an
  // error the change has failed and the error is recorded.
  template <typename Result>
  absl::StatusOr<OperationRecord> Commit(const Result& result) {
    return CommitJson(ResultToJson(result));
  }

 private:
  Change(postgres::Pool& pool, const CallContext& call, ChangeRequest request)
      : pool_(pool), call_(call), request_(std::move(request)) {}
  absl::Status Start(const Check& check);
  absl::Status CheckUnlessSucceeded(postgres::Session& session, const Check& check);
  absl::StatusOr<OperationRecord> CommitJson(const std::string& result_json);
  absl::StatusOr<OperationRecord> CommitOperation(const std::string& result_json);

  postgres::Pool& pool_;
  const CallContext& call_;
  ChangeRequest request_;
  std::optional<OperationRecord> replayed_;
  std::unique_ptr<postgres::Session> dry_run_session_;
  std::unique_ptr<RunningOperation> running_;
  RestorePoints* points_ = nullptr;
  std::string restore_point_id_;
  std::vector<std::string> removed_;
  bool ended_ = false;  // the outcome is recorded
};

// Outcome is the end of a change: its record and its typed result. In a replay both come from the
// earlier run.
template <typename Result>
struct Outcome {
  OperationRecord operation;  // empty after a dry run
  Result result;
  bool replayed = false;
};

// Runs a change whose work needs nothing from outside: `work` fills the result.
template <typename Result>
absl::StatusOr<Outcome<Result>> RunChange(
    postgres::Pool& pool, const CallContext& call, ChangeRequest request,
    const Change::Check& check,
    const std::function<absl::Status(Change& change, Result* result)>& work) {
  ASSIGN_OR_RETURN(std::unique_ptr<Change> change,
                   Change::Begin(pool, call, std::move(request), check));
  Outcome<Result> outcome;
  if (change->replayed() != nullptr) {
    outcome.operation = *change->replayed();
    outcome.replayed = true;
    ASSIGN_OR_RETURN(outcome.result, change->ReplayedResult<Result>());
    return outcome;
  }
  absl::Status worked = work(*change, &outcome.result);
  if (!worked.ok()) return change->Fail(worked);
  ASSIGN_OR_RETURN(outcome.operation, change->Commit(outcome.result));
  return outcome;
}

}  // namespace stateserver::operations
