// SPDX-License-Identifier: Apache-2.0

#include "client/errors.h"

#include <optional>

#include "absl/strings/cord.h"
#include "client/suggestions.h"

namespace stateserver::client {
namespace {

constexpr char kClientReason[] = "$client_reason";
constexpr char kFromServer[] = "$from_server";
constexpr char kAfterBegin[] = "$after_begin";
constexpr char kOperation[] = "operation";

std::string Fact(const absl::Status& status, std::string_view key) {
  Facts facts = FactsOf(status);
  auto found = facts.find(std::string(key));
  return found == facts.end() ? "" : found->second;
}

// Returns the server's reason with the nearest canonical code. It is never shown, because the
// client's reason is printed instead.
Reason Carrier(ClientReason reason) {
  switch (reason) {
    case ClientReason::CONFLICTING_FLAGS:
    case ClientReason::USAGE:
    case ClientReason::SETTINGS_INVALID:
      return Reason::ARGUMENT_INVALID;
    case ClientReason::INPUT_FILE_MISSING:
      return Reason::OPERATION_NOT_FOUND;
    case ClientReason::SERVER_UNREACHABLE:
    case ClientReason::TLS_FAILED:
    case ClientReason::CONNECTION_LOST:
      return Reason::SHUTTING_DOWN;
    case ClientReason::NOT_AUTHORISED:
    case ClientReason::UNIMPLEMENTED:
    case ClientReason::DENIED:
      return Reason::PERMISSION_MISSING;
    case ClientReason::OUTCOME_UNKNOWN:
      return Reason::COMMIT_IN_DOUBT;
    case ClientReason::INTERRUPTED:
    case ClientReason::ABORTED:
      return Reason::CANCELLED;
    case ClientReason::STREAM_INCOMPLETE:
      return Reason::CHECKSUM_MISMATCH;
    case ClientReason::ANSWER_INVALID:
    case ClientReason::OUTPUT_FAILED:
    case ClientReason::SQLMESH_FAILED:
    case ClientReason::MODELS_FAILED:
      return Reason::INTERNAL;
  }
  return Reason::INTERNAL;
}

std::optional<int> ExitCodeOfClientReason(std::string_view name) {
  auto is = [name](ClientReason reason) { return name == ClientReasonName(reason); };
  if (name.empty()) return std::nullopt;
  if (is(ClientReason::USAGE) || is(ClientReason::INPUT_FILE_MISSING) ||
      is(ClientReason::SETTINGS_INVALID)) {
    return kExitUsage;
  }
  if (is(ClientReason::SERVER_UNREACHABLE) || is(ClientReason::TLS_FAILED) ||
      is(ClientReason::NOT_AUTHORISED)) {
    return kExitUnreachable;
  }
  if (is(ClientReason::OUTCOME_UNKNOWN)) return kExitUnknown;
  if (is(ClientReason::INTERRUPTED)) return kExitInterrupted;
  return kExitFailed;
}

int ExitCodeOfServerReason(const absl::Status& status) {
  switch (ReasonOf(status)) {
    // The work had not begun, which is equivalent to not reaching the server.
    case Reason::DATABASE_UNREACHABLE:
    case Reason::WAREHOUSE_UNREACHABLE:
    case Reason::SHUTTING_DOWN:
    case Reason::UNAUTHENTICATED:
    case Reason::ROLE_MISSING:
      return Fact(status, kAfterBegin).empty() ? kExitUnreachable : kExitFailed;
    case Reason::COMMIT_IN_DOUBT:
      return kExitUnknown;
    default:
      return kExitFailed;
  }
}

}  // namespace

std::string_view ClientReasonName(ClientReason reason) {
  switch (reason) {
#define X(name)            \
  case ClientReason::name: \
    return #name;
    STATECLIENT_REASONS(X)
#undef X
  }
  return "";
}

absl::Status ClientError(ClientReason reason, std::string_view message, std::string_view hint,
                         Facts facts) {
  facts[kClientReason] = std::string(ClientReasonName(reason));
  return Error(Carrier(reason), message, hint, std::move(facts));
}

bool HasClientReason(const absl::Status& status, ClientReason reason) {
  return !status.ok() && Fact(status, kClientReason) == ClientReasonName(reason);
}

absl::Status FromServer(const absl::Status& status) { return WithFact(status, kFromServer, "1"); }

bool IsFromServer(const absl::Status& status) { return !Fact(status, kFromServer).empty(); }

absl::Status AfterBegin(const absl::Status& status) { return WithFact(status, kAfterBegin, "1"); }

absl::Status NothingChanged(const absl::Status& status) {
  std::string message(MessageOf(status));
  while (!message.empty() && message.back() == '.') message.pop_back();
  absl::Status out(status.code(), message + ". Nothing was changed.");
  status.ForEachPayload(
      [&out](absl::string_view url, const absl::Cord& payload) { out.SetPayload(url, payload); });
  return out;
}

absl::Status WithOperation(const absl::Status& status, std::string_view operation_id) {
  return WithFact(status, kOperation, operation_id);
}

ErrorReport Describe(const absl::Status& status) {
  ErrorReport report;
  absl::string_view code;
  std::string code_text = absl::StatusCodeToString(status.code());
  code = code_text;
  report.code.assign(code.data(), code.size());
  report.message = std::string(MessageOf(status));
  report.hint = HintOf(status);
  report.operation = Fact(status, kOperation);
  std::string client_reason = Fact(status, kClientReason);
  if (auto exit_code = ExitCodeOfClientReason(client_reason)) {
    report.reason = client_reason;
    report.exit_code = *exit_code;
  } else {
    report.reason = std::string(ReasonName(ReasonOf(status)));
    report.exit_code = ExitCodeOfServerReason(status);
    std::string suggestion = SuggestionFor(status);
    if (!report.hint.empty() && !suggestion.empty()) report.hint += ' ';
    report.hint += suggestion;
  }
  return report;
}

}  // namespace stateserver::client
