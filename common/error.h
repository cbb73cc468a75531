// Errors as they travel through the program: an absl::Status with a reason of a
// closed set, a hint and named facts. rpc/ turns them into google.rpc details.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace stateserver {

// One for one the enum stateserver.v1.ErrorReason (a test compares them).
// clang-format off
#define STATESERVER_REASONS(X)                                                                   \
  X(ARGUMENT_INVALID) X(GATEWAY_NOT_FOUND) X(ENVIRONMENT_NOT_FOUND) X(SNAPSHOT_NOT_FOUND)        \
  X(OPERATION_NOT_FOUND) X(RESTORE_POINT_NOT_FOUND) X(DATABASE_UNREACHABLE) X(DATABASE_LOST)     \
  X(DATABASE_FULL) X(PERMISSION_MISSING) X(DATABASE_ERROR) X(COMMIT_IN_DOUBT) X(NOT_MIGRATED)    \
  X(STATE_BEHIND) X(STATE_AHEAD) X(STATE_TOO_OLD) X(VERSION_MISMATCH) X(STATE_CORRUPT)           \
  X(STATE_CHANGED) X(FILE_MALFORMED) X(FILE_TRUNCATED) X(FILE_NOT_IMPORTABLE)                    \
  X(FILE_VERSION_UNSUPPORTED) X(RECORD_INVALID) X(RECORD_DUPLICATE) X(RECORD_TOO_LARGE)          \
  X(DANGLING_REFERENCE) X(IDENTIFIER_MISMATCH) X(CHECKSUM_MISMATCH) X(STREAM_OUT_OF_ORDER)       \
  X(LOCK_TIMEOUT) X(OPERATION_ID_REUSED) X(OPERATION_RUNNING) X(OVERLOADED) X(SHUTTING_DOWN)     \
  X(CANCELLED) X(DEADLINE_EXCEEDED) X(RESTORE_POINT_INCOMPATIBLE) X(INTERNAL) X(WORKER_FAILED)   \
  X(FINGERPRINTS_UNSUPPORTED) X(DEPENDENT_OBJECTS) X(BACKUP_MISSING) X(PYTHON_NEEDED)    \
  X(SCHEMA_INVALID) X(WAREHOUSE_MISSING) X(WAREHOUSE_UNREACHABLE) X(WAREHOUSE_LOST)              \
  X(WAREHOUSE_ERROR) X(WAREHOUSE_UNREADABLE) X(WAREHOUSE_DATABASE_NOT_FOUND)           \
  X(REVISION_INVALID) X(REVISION_NOT_FOUND) X(REVISION_CHANGED) X(REVISION_IRREVERSIBLE) \
  X(NOT_AT_HEAD) X(VERSION_TABLE_DIFFERS) X(PLAN_CHANGED) X(WAREHOUSE_LOCKED) \
  X(WAREHOUSE_LOCK_LOST) X(STATEMENT_FAILED) X(STATEMENT_UNFINISHED) X(REPAIR_NEEDED) \
  X(UNAUTHENTICATED) X(ROLE_MISSING) X(THROTTLED) X(POOLER_UNSAFE) X(STREAM_STALLED)
// clang-format on

enum class Reason {
#define X(name) name,
  STATESERVER_REASONS(X)
#undef X
};

// "LOCK_TIMEOUT".
std::string_view ReasonName(Reason reason);

// The canonical code a reason always goes with, for example LOCK_TIMEOUT with
// kAborted. docs/errors.md is this table in words.
absl::StatusCode CodeOf(Reason reason);

using Facts = std::map<std::string, std::string>;

// `message` is one sentence for people: what is wrong and where. `hint` says
// what to do next; it may be empty. `facts` name the offending things for
// programs: record, identifier, field, gateway, operation, holder, ...
absl::Status Error(Reason reason, std::string_view message, std::string_view hint = "",
                   Facts facts = {});

// INTERNAL for a status that Error() did not make (but kCancelled and
// kDeadlineExceeded map to their reasons).
Reason ReasonOf(const absl::Status& status);
std::string HintOf(const absl::Status& status);
Facts FactsOf(const absl::Status& status);

// The same error with `prefix` in front of its message, `suffix` behind it, with
// one more fact, or with another reason.
absl::Status WithPrefix(std::string_view prefix, const absl::Status& status);
absl::Status WithSuffix(const absl::Status& status, std::string_view suffix);
absl::Status WithReason(const absl::Status& status, Reason reason);
absl::Status WithFact(const absl::Status& status, std::string_view key, std::string_view value);

}  // namespace stateserver

// Leaves the function with the status unless it is OK.
#define RETURN_IF_ERROR(expression)                                         \
  do {                                                                      \
    if (absl::Status _status = (expression); !_status.ok()) return _status; \
  } while (false)

#define STATESERVER_CONCAT_(a, b) a##b
#define STATESERVER_CONCAT(a, b) STATESERVER_CONCAT_(a, b)
// ASSIGN_OR_RETURN(auto x, F()): declares or assigns x, or leaves with the status.
#define ASSIGN_OR_RETURN(lhs, expression) \
  ASSIGN_OR_RETURN_(STATESERVER_CONCAT(_or_, __LINE__), lhs, expression)
#define ASSIGN_OR_RETURN_(temporary, lhs, expression) \
  auto temporary = (expression);                      \
  if (!temporary.ok()) return temporary.status();     \
  lhs = std::move(temporary).value()
