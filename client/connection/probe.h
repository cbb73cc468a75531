// SPDX-License-Identifier: Apache-2.0
//
// Looks at a server that gRPC could not talk to: gRPC says "Socket closed" for
// half a dozen different mistakes.
#pragma once

#include <string>

#include "client/settings/settings.h"

namespace stateserver::client {

struct ProbeResult {
  enum class Kind {
    kUnknownHost,         // the name does not resolve
    kNoConnection,        // refused, no route, no answer; `detail` says which
    kPlain,               // connects; does not speak TLS
    kTls,                 // a TLS handshake with our files succeeds
    kUntrusted,           // speaks TLS; `detail` says why its certificate is not trusted
    kWantsCertificate,    // speaks TLS and asks for a client certificate; we have none
    kRefusesCertificate,  // speaks TLS and does not like ours
    kRefusesHandshake,    // speaks TLS and ends the handshake, for another reason
    kCannotTell,          // an address this does not understand (unix:, ipv6 lists …)
  };
  Kind kind = Kind::kCannotTell;
  std::string detail;
};

// Opens a connection of its own, tries a TLS handshake, and closes it. Takes at
// most about five seconds.
ProbeResult Probe(const Settings& settings);

}  // namespace stateserver::client
