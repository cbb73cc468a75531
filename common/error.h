// SPDX-License-Identifier: Apache-2.0
//
// The errors of this project: an absl::Status with a reason from a fixed set, a hint and named
// facts. server/rpc converts them to google.rpc details.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace stateserver {

// All reasons, each with its canonical code. They equal the enum stateserver.v1.ErrorReason (a test
// compares the two); docs/errors.md describes them.
// clang-format off
#define STATESERVER_REASONS(X)                        \
  X(ARGUMENT_INVALID, kInvalidArgument)               \
  X(FILE_MALFORMED, kInvalidArgument)                 \
  X(FILE_TRUNCATED, kInvalidArgument)                 \
  X(RECORD_INVALID, kInvalidArgument)                 \
  X(RECORD_DUPLICATE, kInvalidArgument)               \
  X(IDENTIFIER_MISMATCH, kInvalidArgument)            \
  X(STREAM_OUT_OF_ORDER, kInvalidArgument)            \
  X(SCHEMA_INVALID, kInvalidArgument)                 \
  X(REVISION_INVALID, kInvalidArgument)               \
  X(GATEWAY_NOT_FOUND, kNotFound)                     \
  X(ENVIRONMENT_NOT_FOUND, kNotFound)                 \
  X(SNAPSHOT_NOT_FOUND, kNotFound)                    \
  X(OPERATION_NOT_FOUND, kNotFound)                   \
  X(RESTORE_POINT_NOT_FOUND, kNotFound)               \
  X(WAREHOUSE_DATABASE_NOT_FOUND, kNotFound)          \
  X(REVISION_NOT_FOUND, kNotFound)                    \
  X(DATABASE_UNREACHABLE, kUnavailable)               \
  X(DATABASE_LOST, kUnavailable)                      \
  X(WAREHOUSE_UNREACHABLE, kUnavailable)              \
  X(WAREHOUSE_LOST, kUnavailable)                     \
  X(SHUTTING_DOWN, kUnavailable)                      \
  X(DATABASE_FULL, kResourceExhausted)                \
  X(RECORD_TOO_LARGE, kResourceExhausted)             \
  X(OVERLOADED, kResourceExhausted)                   \
  X(THROTTLED, kResourceExhausted)                    \
  X(PERMISSION_MISSING, kFailedPrecondition)          \
  X(NOT_MIGRATED, kFailedPrecondition)                \
  X(STATE_BEHIND, kFailedPrecondition)                \
  X(STATE_AHEAD, kFailedPrecondition)                 \
  X(STATE_TOO_OLD, kFailedPrecondition)               \
  X(VERSION_MISMATCH, kFailedPrecondition)            \
  X(STATE_CHANGED, kFailedPrecondition)               \
  X(FILE_NOT_IMPORTABLE, kFailedPrecondition)         \
  X(FILE_VERSION_UNSUPPORTED, kFailedPrecondition)    \
  X(DANGLING_REFERENCE, kFailedPrecondition)          \
  X(RESTORE_POINT_INCOMPATIBLE, kFailedPrecondition)  \
  X(OPERATION_ENDED, kFailedPrecondition)             \
  X(FINGERPRINTS_UNSUPPORTED, kFailedPrecondition)    \
  X(DEPENDENT_OBJECTS, kFailedPrecondition)           \
  X(BACKUP_MISSING, kFailedPrecondition)              \
  X(WORKER_FAILED, kFailedPrecondition)               \
  X(PYTHON_NEEDED, kFailedPrecondition)               \
  X(WAREHOUSE_MISSING, kFailedPrecondition)           \
  X(REPAIR_NEEDED, kFailedPrecondition)               \
  X(STATEMENT_FAILED, kFailedPrecondition)            \
  X(PLAN_CHANGED, kFailedPrecondition)                \
  X(VERSION_TABLE_DIFFERS, kFailedPrecondition)       \
  X(NOT_AT_HEAD, kFailedPrecondition)                 \
  X(REVISION_IRREVERSIBLE, kFailedPrecondition)       \
  X(REVISION_CHANGED, kFailedPrecondition)            \
  X(WAREHOUSE_UNREADABLE, kFailedPrecondition)        \
  X(POOLER_UNSAFE, kFailedPrecondition)               \
  X(STATE_CORRUPT, kDataLoss)                         \
  X(CHECKSUM_MISMATCH, kDataLoss)                     \
  X(COMMIT_IN_DOUBT, kUnknown)                        \
  X(LOCK_TIMEOUT, kAborted)                           \
  X(WAREHOUSE_LOCK_LOST, kAborted)                    \
  X(WAREHOUSE_LOCKED, kAborted)                       \
  X(OPERATION_RUNNING, kAborted)                      \
  X(OPERATION_ID_REUSED, kAlreadyExists)              \
  X(UNAUTHENTICATED, kUnauthenticated)                \
  X(ROLE_MISSING, kPermissionDenied)                  \
  X(CANCELLED, kCancelled)                            \
  X(DEADLINE_EXCEEDED, kDeadlineExceeded)             \
  X(STATEMENT_UNFINISHED, kDeadlineExceeded)          \
  X(STREAM_STALLED, kDeadlineExceeded)                \
  X(DATABASE_ERROR, kInternal)                        \
  X(WAREHOUSE_ERROR, kInternal)                       \
  X(INTERNAL, kInternal)
// clang-format on

enum class Reason {
#define X(name, code) name,
  STATESERVER_REASONS(X)
#undef X
};

// Returns a name such as "LOCK_TIMEOUT".
std::string_view ReasonName(Reason reason);

// Parses a name. Returns nullopt for an unknown name, for example of a newer server.
std::optional<Reason> ParseReason(std::string_view name);

// Returns the canonical code of a reason, for example kAborted for LOCK_TIMEOUT.
absl::StatusCode CodeOf(Reason reason);

using Facts = std::map<std::string, std::string>;

// Creates an error. `message` is one sentence for users: what is wrong and where. `hint` is the
// next step; it may be empty. The server's hints name calls and fields of the protocol, never
// commands: client/suggestions.h adds those. `facts` name the affected objects for programs:
// record, identifier, field, gateway, operation, holder, ...
absl::Status Error(Reason reason, std::string_view message, std::string_view hint = "",
                   Facts facts = {});

// Returns the reason of an error. Returns INTERNAL for a status that Error() did not create, except
// that kCancelled and kDeadlineExceeded map to their reasons.
Reason ReasonOf(const absl::Status& status);
std::string HintOf(const absl::Status& status);
// Returns a view that is valid as long as `status`.
inline std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}
Facts FactsOf(const absl::Status& status);

// Return the same error with a prefix or suffix added to its message, with another reason, or with
// an additional fact.
absl::Status WithPrefix(std::string_view prefix, const absl::Status& status);
absl::Status WithSuffix(const absl::Status& status, std::string_view suffix);
absl::Status WithReason(const absl::Status& status, Reason reason);
absl::Status WithFact(const absl::Status& status, std::string_view key, std::string_view value);

}  // namespace stateserver

// Returns the status from the enclosing function unless it is OK.
#define RETURN_IF_ERROR(expression)                                         \
  do {                                                                      \
    if (absl::Status _status = (expression); !_status.ok()) return _status; \
  } while (false)

#define STATESERVER_CONCAT_(a, b) a##b
#define STATESERVER_CONCAT(a, b) STATESERVER_CONCAT_(a, b)
// ASSIGN_OR_RETURN(auto x, F()) declares or assigns x, or returns the status.
#define ASSIGN_OR_RETURN(lhs, expression) \
  ASSIGN_OR_RETURN_(STATESERVER_CONCAT(_or_, __LINE__), lhs, expression)
#define ASSIGN_OR_RETURN_(temporary, lhs, expression) \
  auto temporary = (expression);                      \
  if (!temporary.ok()) return temporary.status();     \
  lhs = std::move(temporary).value()
