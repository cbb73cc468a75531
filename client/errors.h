// SPDX-License-Identifier: Apache-2.0
//
// Client-side errors, and the presentation of every error to the user or script: exit code,
// message, hint.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/error.h"

namespace stateserver::client {

// ExitCode lists the exit codes of stateclient. Scripts depend on them: never renumber.
enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,
  kExitUsage = 2,        // usage, or a missing input file
  kExitUnreachable = 3,  // cannot reach the server, or not authorised
  kExitUnknown = 4,      // the outcome is unknown; `operation ID` shows it
  kExitInterrupted = 130,
  // For commands that compare or search, as in diff and grep.
  kExitFindings = 1,
  kExitNotCompared = 2,
};

// Reasons for errors without involvement of the server. Together with stateserver.v1.ErrorReason
// they are the values of `reason` in an error printed as JSON. docs/cli-json.md lists them.
#define STATECLIENT_REASONS(X) \
  X(USAGE)                     \
  X(INPUT_FILE_MISSING)        \
  X(SETTINGS_INVALID)          \
  X(SERVER_UNREACHABLE)        \
  X(TLS_FAILED)                \
  X(NOT_AUTHORISED)            \
  X(CONNECTION_LOST)           \
  X(OUTCOME_UNKNOWN)           \
  X(INTERRUPTED)               \
  X(ABORTED)                   \
  X(OUTPUT_FAILED)             \
  X(ANSWER_INVALID)            \
  X(STREAM_INCOMPLETE)         \
  X(SQLMESH_FAILED) X(MODELS_FAILED) X(DENIED) X(UNIMPLEMENTED) X(CONFLICTING_FLAGS)

enum class ClientReason {
#define X(name) name,
  STATECLIENT_REASONS(X)
#undef X
};

std::string_view ClientReasonName(ClientReason reason);

// Creates an error like stateserver::Error, with one of the client's own reasons.
absl::Status ClientError(ClientReason reason, std::string_view message, std::string_view hint = "",
                         Facts facts = {});
bool HasClientReason(const absl::Status& status, ClientReason reason);

// Marks a status as sent by the server with a typed reason, so that its statement about what was
// done can be trusted.
absl::Status FromServer(const absl::Status& status);
bool IsFromServer(const absl::Status& status);

// Marks an error that occurred after the server had begun the work, so the server was reached.
absl::Status AfterBegin(const absl::Status& status);
// Returns the same error, its message followed by "Nothing was changed.".
absl::Status NothingChanged(const absl::Status& status);

// Adds the fact "operation", which names the operation of an error.
absl::Status WithOperation(const absl::Status& status, std::string_view operation_id);

// ErrorReport is an error in its printed form.
struct ErrorReport {
  int exit_code = kExitFailed;
  std::string code;    // canonical, for example "FAILED_PRECONDITION"
  std::string reason;  // a reason of the server or the client
  std::string message;
  std::string hint;
  std::string operation;
};

// Describes an error. `status` must not be OK. The hint ends with the suggestion of
// client/suggestions.h for the server's reasons.
ErrorReport Describe(const absl::Status& status);

}  // namespace stateserver::client
