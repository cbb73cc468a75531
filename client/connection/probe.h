// SPDX-License-Identifier: Apache-2.0
//
// Diagnosis of a server that gRPC could not reach. gRPC reports "Socket closed" for many different
// problems.
#pragma once

#include <string>

#include "client/settings/settings.h"

namespace stateserver::client {

struct ProbeResult {
  enum class Kind {
    kUnknownHost,         // the name cannot be resolved
    kNoConnection,        // refused, no route, or no response; see `detail`
    kPlain,               // connects, but does not use TLS
    kTls,                 // a TLS handshake with the client's files succeeds
    kUntrusted,           // uses TLS; `detail` holds the reason for which its certificate is not
                          // trusted
    kWantsCertificate,    // uses TLS and requires a client certificate; none is configured
    kRefusesCertificate,  // uses TLS and rejects the client's certificate
    kRefusesHandshake,    // uses TLS and aborts the handshake for another reason
    kCannotTell,          // unsupported form of address (unix:, ipv6 lists …)
  };
  Kind kind = Kind::kCannotTell;
  std::string detail;
};

// Opens a separate connection, tries a TLS handshake, and closes it. Takes at most about five
// seconds.
ProbeResult Probe(const Settings& settings);

}  // namespace stateserver::client
