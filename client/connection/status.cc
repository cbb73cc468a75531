// SPDX-License-Identifier: Apache-2.0

#include "client/connection/status.h"

#include <array>
#include <cstdio>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "client/connection/probe.h"
#include "client/errors.h"
#include "client/settings/settings.h"
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

// Reconstructs the server's error. Returns nullopt if the details are missing or contain an unknown
// reason.
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
               "Raise --timeout.");
}

// gRPC itself rejects calls that reach a server while it stops; a call that the server cancelled
// has a reason.
absl::Status Stopping(const Settings& settings) {
  return ClientError(
      ClientReason::CONNECTION_LOST,
      Cat("The server at ", settings.server, " stopped during the call."),
      "Run the command again, with the same --operation-id if it changes something.");
}

absl::Status Unexpected(const grpc::Status& status, const Settings& settings) {
  auto code = static_cast<absl::StatusCode>(status.error_code());
  std::string message =
      Cat("The server at ", settings.server, " answered ",
          std::string(absl::StatusCodeToString(code)), ": ", status.error_message());
  return ClientError(ClientReason::CONNECTION_LOST, message);
}

// Returns true for gRPC's messages about a call that was never sent because there was no
// connection.
bool NeverSent(const std::string& message) {
  for (const char* sign :
       {"failed to connect to all addresses", "DNS resolution failed", "empty address list",
        "Name resolution", "connections to all backends"}) {
    if (message.find(sign) != std::string::npos) return true;
  }
  return false;
}

absl::Status Unreachable(const Settings& settings, std::string_view why) {
  return ClientError(ClientReason::SERVER_UNREACHABLE,
                     Cat("Cannot reach the server at ", settings.server, ": ", why, "."),
                     "Check that stateserver runs there and that --server (or "
                     "STATESERVER_SERVER, or the context) names its address.");
}

absl::Status Tls(const Settings& settings, std::string_view what, std::string_view hint) {
  return ClientError(ClientReason::TLS_FAILED, Cat("The server at ", settings.server, " ", what),
                     hint);
}

absl::Status Lost(const Settings& settings, const std::string& why) {
  return ClientError(ClientReason::CONNECTION_LOST,
                     Cat("The connection to the server at ", settings.server, " was lost: ", why));
}

absl::Status WrongTls(const Settings& settings, const ProbeResult& probe) {
  using Kind = ProbeResult::Kind;
  switch (probe.kind) {
    case Kind::kPlain:
      if (!settings.tls()) return absl::OkStatus();
      return Tls(settings, "does not speak TLS.",
                 "Leave out --tls-ca, --tls-cert and --tls-key (or their variables), or name the "
                 "port that speaks TLS.");
    case Kind::kUntrusted:
      if (!settings.tls()) break;
      return Tls(settings, Cat("has a certificate that is not trusted: ", probe.detail, "."),
                 "Give the authority that signed it with --tls-ca, and call the server by a name "
                 "in its certificate.");
    case Kind::kWantsCertificate:
      return Tls(settings, "asks for a client certificate.",
                 "Give yours with --tls-cert and --tls-key.");
    case Kind::kRefusesCertificate:
      if (!settings.tls()) break;
      return Tls(settings, "does not accept our TLS certificate.",
                 "Check that --tls-cert was signed by the authority the server trusts and has not "
                 "expired.");
    case Kind::kRefusesHandshake:
      if (!settings.tls()) break;
      return Tls(settings, "does not agree to our TLS handshake.",
                 "It may allow other versions or ciphers of TLS only.");
    case Kind::kTls:
      if (settings.tls()) return absl::OkStatus();
      break;
    default:
      return absl::OkStatus();
  }
  return Tls(settings, "speaks TLS only.",
             "Give the authority that signed its certificate with --tls-ca.");
}

// Explains why a server could not be reached. `grpc_message` is gRPC's message for UNAVAILABLE.
// `heard` is true if the server had responded before. Returns SERVER_UNREACHABLE or TLS_FAILED only
// if the call certainly never reached the server, otherwise CONNECTION_LOST.
absl::Status ExplainUnavailable(const Settings& settings, const std::string& grpc_message,
                                bool heard) {
  using Kind = ProbeResult::Kind;
  if (heard) return Lost(settings, grpc_message);
  ProbeResult probe = Probe(settings);
  RETURN_IF_ERROR(WrongTls(settings, probe));
  if (!NeverSent(grpc_message)) return Lost(settings, grpc_message);
  switch (probe.kind) {
    case Kind::kUnknownHost:
      return Unreachable(settings, Cat("the host is not known (", probe.detail, ")"));
    case Kind::kNoConnection:
      return Unreachable(settings, probe.detail.empty() ? grpc_message : probe.detail);
    default:
      return Unreachable(settings, grpc_message);
  }
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
