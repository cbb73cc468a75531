// SPDX-License-Identifier: Apache-2.0

#include "client/connection/status.h"

#include <array>
#include <cstdio>
#include <optional>

#include "client/connection/unreachable.h"
#include "client/errors.h"
#include "common/text.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace stateserver::client {
namespace {

std::optional<google::rpc::ErrorInfo> FindErrorInfo(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return std::nullopt;
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info) && info.domain() == "stateserver") return info;
  }
  return std::nullopt;
}

// The error the server made, as if it had been made here. Nothing where the
// details are missing or of a reason this client does not know.
std::optional<absl::Status> Typed(const grpc::Status& status) {
  auto info = FindErrorInfo(status);
  if (!info) return std::nullopt;
  auto reason = ParseReason(info->reason());
  if (!reason) return std::nullopt;
  Facts facts(info->metadata().begin(), info->metadata().end());
  std::string hint = facts["hint"];
  facts.erase("hint");
  return FromServer(Error(*reason, status.error_message(), hint, std::move(facts)));
}

absl::Status NotAuthorised(const grpc::Status& status, const Settings& settings) {
  std::string_view hint =
      settings.token.empty()
          ? "Give a token with --token-file or STATESERVER_TOKEN."
          : "Check the token of --token-file or STATESERVER_TOKEN, and what it allows.";
  return FromServer(ClientError(
      ClientReason::NOT_AUTHORISED,
      Cat("The server at ", settings.server, " refused the call: ", status.error_message()), hint));
}

absl::Status Unimplemented(const Settings& settings) {
  return ClientError(ClientReason::UNIMPLEMENTED,
                     Cat("The server at ", settings.server, " does not know this call."),
                     "It is not a stateserver, or it is older than this client.");
}

absl::Status Late(const Settings& settings) {
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%g", settings.timeout);
  return Error(Reason::DEADLINE_EXCEEDED,
               Cat("The call took longer than the ", seconds.data(), " seconds of --timeout."),
               "Give it more time with --timeout.");
}

// What gRPC itself answers to calls that reach a server in the moment it stops; a
// call that the server cancelled brings its reason.
absl::Status Stopping(const Settings& settings) {
  return ClientError(
      ClientReason::CONNECTION_LOST,
      Cat("The server at ", settings.server, " stopped in the middle of the call."),
      "Run the command again, with the same --operation-id if it changes something.");
}

absl::Status Unexpected(const grpc::Status& status, const Settings& settings) {
  auto code = static_cast<absl::StatusCode>(status.error_code());
  std::string message =
      Cat("The server at ", settings.server, " answered ",
          std::string(absl::StatusCodeToString(code)), ": ", status.error_message());
  return ClientError(ClientReason::CONNECTION_LOST, message);
}

}  // namespace

absl::Status FromGrpcStatus(const grpc::Status& status, const Settings& settings,
                            const CallFacts& facts) {
  using grpc::StatusCode;
  if (status.ok()) return absl::OkStatus();
  StatusCode code = status.error_code();
  if (facts.interrupted && code == StatusCode::CANCELLED) {
    return ClientError(ClientReason::INTERRUPTED, "Interrupted.");
  }
  if (auto typed = Typed(status)) return *typed;
  switch (code) {
    case StatusCode::UNAUTHENTICATED:
    case StatusCode::PERMISSION_DENIED:
      return NotAuthorised(status, settings);
    case StatusCode::UNIMPLEMENTED:
      return Unimplemented(settings);
    case StatusCode::DEADLINE_EXCEEDED:
      return Late(settings);
    case StatusCode::UNAVAILABLE:
      return ExplainUnavailable(settings, status.error_message(), facts.heard);
    case StatusCode::CANCELLED:
      return Stopping(settings);
    default:
      return Unexpected(status, settings);
  }
}

}  // namespace stateserver::client
