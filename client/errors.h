// SPDX-License-Identifier: Apache-2.0
//
// What goes wrong on the client's side, and what every error means for the
// person or script that called: exit code, sentence, hint.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/error.h"

namespace stateserver::client {

// Exit codes of stateclient. Scripts switch on them: never renumber.
enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,
  kExitUsage = 2,        // usage, or a missing input file
  kExitUnreachable = 3,  // cannot reach the server, or not authorised
  kExitUnknown = 4,      // the outcome is unknown: ask `operation ID`
  kExitInterrupted = 130,
  // Of commands that compare or look for something, as diff and grep have them.
  kExitFindings = 1,
  kExitNotCompared = 2,
};

// Reasons the server has no part in; they stand beside stateserver.v1.ErrorReason
// in the `reason` of an error printed as JSON. docs/cli-json.md lists them.
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
  X(STREAM_INCOMPLETE)         \
  X(SQLMESH_FAILED) X(MODELS_FAILED) X(DENIED) X(UNIMPLEMENTED) X(CONFLICTING_FLAGS)

enum class ClientReason {
#define X(name) name,
  STATECLIENT_REASONS(X)
#undef X
};

std::string_view ClientReasonName(ClientReason reason);

// As stateserver::Error, for the client's own reasons.
absl::Status ClientError(ClientReason reason, std::string_view message, std::string_view hint = "",
                         Facts facts = {});
bool HasClientReason(const absl::Status& status, ClientReason reason);

// Marks a status as one that came from the server with a typed reason: its word
// about what it did can be trusted.
absl::Status FromServer(const absl::Status& status);
bool IsFromServer(const absl::Status& status);

// Marks an error that came after the server had begun the work: it was reached.
absl::Status AfterBegin(const absl::Status& status);
// The same error, its message followed by "Nothing was changed.".
absl::Status NothingChanged(const absl::Status& status);

// The fact "operation" names the operation an error belongs to.
absl::Status WithOperation(const absl::Status& status, std::string_view operation_id);

// An error as it is printed.
struct ErrorReport {
  int exit_code = kExitFailed;
  std::string code;    // canonical, for example "FAILED_PRECONDITION"
  std::string reason;  // a server's or a client's reason
  std::string message;
  std::string hint;
  std::string operation;
};

// `status` is not OK.
ErrorReport Describe(const absl::Status& status);

}  // namespace stateserver::client
