// SPDX-License-Identifier: Apache-2.0
//
// The operation log: one row per run of a call that changes the state.
//
// A `running` row is committed when an operation begins, together with a session-level advisory
// lock on its id. The lock is released when the session ends, so a row that is `running` without
// the lock was abandoned. The outcome is written in the transaction of the change itself, so that
// both take effect or neither does.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"

namespace stateserver::operations {

class RefusalLimit;

enum class OperationStatus { kRunning, kSucceeded, kFailed, kRefused, kAbandoned };

// Returns "running", …
std::string_view StatusName(OperationStatus status);

// OperationRecord is one row of the log. Times are epoch milliseconds of the database's clock.
struct OperationRecord {
  std::string id;
  std::string kind;
  OperationStatus status = OperationStatus::kRunning;
  std::string gateway;
  std::string state_schema;
  std::string principal;
  std::string arguments_json;
  int64_t started_ts = 0;
  // 0 while the operation runs and if it was abandoned.
  int64_t finished_ts = 0;
  // The result of a successful operation, as JSON.
  std::string details_json;
  std::string error;
  // A ReasonName().
  std::string error_reason;
  std::string restore_point_id;
};

struct OperationRequest {
  // A UUID.
  std::string id;
  std::string kind;
  // A JSON object. Equal calls have equal arguments (compared as JSON, not as text).
  std::string arguments_json = "{}";
  std::string gateway;
  std::string state_schema;
  // The caller, for the audit trail; set by SetCaller.
  std::string principal;
  std::string method;
  std::string peer;
  std::string trace_id;
  // Limits how many refusals of the principal are recorded; may be null.
  RefusalLimit* refusals = nullptr;
};

// Copies the caller from `call`, restricted to what PostgreSQL can store: UTF-8 without NUL.
void SetCaller(const CallContext& call, OperationRequest* request);

// RunningOperation is an operation in progress. It owns the session that the operation runs on,
// which holds the lock on the id. If it is destroyed without Finish and commit, or Fail, its row
// appears as abandoned.
class RunningOperation {
 public:
  // `started_ts` identifies this attempt at the operation.
  RunningOperation(postgres::Pool& pool, std::unique_ptr<postgres::Session> session,
                   OperationRequest request, int64_t started_ts);
  ~RunningOperation();
  RunningOperation(const RunningOperation&) = delete;
  RunningOperation& operator=(const RunningOperation&) = delete;

  postgres::Session& session() { return *session_; }
  const OperationRequest& request() const { return request_; }

  // Writes the outcome in the current transaction of session().
  absl::Status Finish(const std::string& details_json, const std::string& restore_point_id);

  // Returns the outcome after session().Commit() returned `committed`. If the commit is in doubt,
  // or the connection breaks right afterwards, reads the row over another connection. Returns the
  // record, DATABASE_LOST if the change was not kept, or COMMIT_IN_DOUBT if the row cannot be read.
  // Other errors are returned unchanged.
  absl::StatusOr<OperationRecord> Settle(const absl::Status& committed);

  // Rolls session() back and records the error, best effort, even if the call is cancelled. Leaves
  // the row alone if another attempt has begun. Records
  // "refused" if the error is caused by the request or the current state, otherwise "failed". The
  // caller adds the fact "operation".
  void Fail(const absl::Status& error);

 private:
  absl::StatusOr<OperationRecord> ReadKept();

  postgres::Pool& pool_;
  std::unique_ptr<postgres::Session> session_;
  const OperationRequest request_;
  const int64_t started_ts_;
};

struct BeginOutcome {
  // Set if the operation was started. Otherwise `finished` is set.
  std::unique_ptr<RunningOperation> running;
  // The record of an earlier successful run of the same operation; the caller returns its result.
  std::optional<OperationRecord> finished;
};

// Begins an operation. Creates schema `stateserver` if it is missing, so call it only after all
// checks that may refuse the request. An operation that failed, was refused or was abandoned may
// run again. Returns ARGUMENT_INVALID unless the id is a UUID, OPERATION_ID_REUSED for an id with
// other arguments, and OPERATION_RUNNING while the operation runs elsewhere.
absl::StatusOr<BeginOutcome> Begin(postgres::Pool& pool, const CallContext& context,
                                   const OperationRequest& request);

// Records a call that was refused before Begin. Best effort: writes only if schema `stateserver`
// exists, and a log row only if the id is new. If a principal exceeds RefusalLimit, the refusal is
// only counted. Ignores errors that are caused by neither the request nor the current state.
void RecordRefused(postgres::Pool& pool, const OperationRequest& request,
                   const absl::Status& error);

// Returns the operation, or OPERATION_NOT_FOUND. `session` must not be in a transaction. If a
// synchronous standby exists, waits until a success is replicated to it.
absl::StatusOr<OperationRecord> GetOperation(postgres::Session& session,
                                             const std::string& state_schema,
                                             const std::string& id);

struct OperationPage {
  // Newest first.
  std::vector<OperationRecord> operations;
  // Empty on the last page.
  std::string next_page_token;
};

// Lists operations. `page_size` is at most 1,000; 0 means 100. A page also ends after about 1 MiB
// of text. Long texts are truncated. `session` must not be in a transaction. Returns
// ARGUMENT_INVALID for a negative size or an invalid token.
absl::StatusOr<OperationPage> ListOperations(postgres::Session& session,
                                             const std::string& state_schema, int page_size,
                                             const std::string& page_token);

// Returns the token of a page that ends with `last`.
std::string PageTokenAfter(const OperationRecord& last);

}  // namespace stateserver::operations
