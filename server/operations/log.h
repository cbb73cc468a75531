// SPDX-License-Identifier: Apache-2.0
//
// The operation log: one row per run of a call that changes the state.
//
// A `running` row is committed when it begins, together with a session-level
// advisory lock on the id, which goes with the session: a row that says running
// without that lock was abandoned. The outcome is written in the transaction of
// the change itself, so that the two are true or untrue together.
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

// "running", …
std::string_view StatusName(OperationStatus status);

// Times in epoch milliseconds of the database's clock.
struct OperationRecord {
  std::string id;
  std::string kind;
  OperationStatus status = OperationStatus::kRunning;
  std::string gateway;
  std::string state_schema;
  std::string principal;
  std::string arguments_json;
  int64_t started_ts = 0;
  // 0 while it runs and where it was abandoned.
  int64_t finished_ts = 0;
  // The result of one that succeeded, as JSON.
  std::string details_json;
  std::string error;
  // ReasonName().
  std::string error_reason;
  std::string restore_point_id;
};

struct OperationRequest {
  // UUID.
  std::string id;
  std::string kind;
  // A JSON object; equal for equal calls (compared as JSON, not as text).
  std::string arguments_json = "{}";
  std::string gateway;
  std::string state_schema;
  // Of the caller, for the audit trail: see SetCaller.
  std::string principal;
  std::string method;
  std::string peer;
  std::string trace_id;
  // Bounds how many refusals of the principal are recorded; may be null.
  RefusalLimit* refusals = nullptr;
};

// Who calls, as far as PostgreSQL can hold it: UTF-8 without NUL.
void SetCaller(const CallContext& call, OperationRequest* request);

// An operation under way. Owns the session its work runs on, which holds the
// lock on the id. Destroyed without Finish and commit, or Fail, it leaves a row
// that shows as abandoned.
class RunningOperation {
 public:
  RunningOperation(postgres::Pool& pool, std::unique_ptr<postgres::Session> session,
                   OperationRequest request);
  ~RunningOperation();
  RunningOperation(const RunningOperation&) = delete;
  RunningOperation& operator=(const RunningOperation&) = delete;

  postgres::Session& session() { return *session_; }
  const OperationRequest& request() const { return request_; }

  // Writes the outcome in the transaction that session() is in.
  absl::Status Finish(const std::string& details_json, const std::string& restore_point_id);

  // What became of it, after session().Commit() returned `committed`. Where
  // that is in doubt, or the connection goes right afterwards, the row is asked over another
  // connection: the answer is then the record, DATABASE_LOST (the change was not kept) or, when
  // nobody can be asked, COMMIT_IN_DOUBT. Other errors are returned as they are.
  absl::StatusOr<OperationRecord> Settle(const absl::Status& committed);

  // Rolls session() back and records the error, best effort, even when the call
  // is cancelled: refused where the error blames the request or the state of
  // affairs, failed otherwise. Fact "operation" is the caller's to add.
  void Fail(const absl::Status& error);

 private:
  absl::StatusOr<OperationRecord> ReadKept();

  postgres::Pool& pool_;
  std::unique_ptr<postgres::Session> session_;
  const OperationRequest request_;
};

struct BeginOutcome {
  // Set, unless
  std::unique_ptr<RunningOperation> running;
  // the same operation succeeded before: answer what that did.
  std::optional<OperationRecord> finished;
};

// Creates schema `stateserver` where it is missing, so call it only after the
// checks that may refuse. One that failed, was refused or abandoned may run
// again. ARGUMENT_INVALID unless the id is a UUID; OPERATION_ID_REUSED for an id
// with other arguments; OPERATION_RUNNING while it runs elsewhere.
absl::StatusOr<BeginOutcome> Begin(postgres::Pool& pool, const CallContext& context,
                                   const OperationRequest& request);

// Records a call that was refused before Begin, best effort, and only where
// schema `stateserver` exists; in the log only where the id is new. A principal with more refusals
// than RefusalLimit allows is counted instead. Nothing for errors that blame
// neither the request nor the state of affairs.
void RecordRefused(postgres::Pool& pool, const OperationRequest& request,
                   const absl::Status& error);

// OPERATION_NOT_FOUND. `session` in no transaction. Waits until a success is also on
// the synchronous standby, if there is one.
absl::StatusOr<OperationRecord> GetOperation(postgres::Session& session,
                                             const std::string& state_schema,
                                             const std::string& id);

struct OperationPage {
  // Newest first.
  std::vector<OperationRecord> operations;
  // Empty on the last page.
  std::string next_page_token;
};

// `page_size` 0: 100; at most 1,000; a page also ends after about 1 MiB of text. Long texts are
// cut. ARGUMENT_INVALID for a negative size or a token this did not make. `session` in no
// transaction.
absl::StatusOr<OperationPage> ListOperations(postgres::Session& session,
                                             const std::string& state_schema, int page_size,
                                             const std::string& page_token);

// The token of a page that ends with `last`.
std::string PageTokenAfter(const OperationRecord& last);

}  // namespace stateserver::operations
