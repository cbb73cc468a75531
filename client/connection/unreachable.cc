// SPDX-License-Identifier: Apache-2.0

#include "client/connection/unreachable.h"

#include "client/connection/probe.h"
#include "client/errors.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

// gRPC's words for a call that never left: no connection was made for it.
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

}  // namespace

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

}  // namespace stateserver::client
