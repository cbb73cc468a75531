// SPDX-License-Identifier: Apache-2.0
//
// From what a call brings with it to who it is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/auth/identity.h"
#include "server/platform/auth/jwks_source.h"
#include "server/platform/auth/throttle.h"
#include "server/platform/auth/tokens.h"
#include "server/platform/config/auth.h"
#include "server/platform/telemetry/limited_log.h"

namespace stateserver::auth {

struct Credentials {
  // The values of the header `authorization`.
  std::vector<std::string> authorization;
  // What the client's verified certificate says it is: its subject alternative
  // names and its common name.
  std::vector<std::string> certificate_names;
  bool unix_socket = false;
  // The peer with its port, as rpc::Caller has it.
  std::string peer;
  std::string trace_id;
  // The name where nobody is asked.
  std::string transport_name;
};

// Thread-safe.
class Authenticator {
 public:
  // ARGUMENT_INVALID names the file that is not usable.
  static absl::StatusOr<std::unique_ptr<Authenticator>> Open(const config::Auth& auth,
                                                             telemetry::Metrics& metrics,
                                                             telemetry::Logger& logger);

  // A header decides alone; without one the certificate, else the unix socket.
  // Somebody who proves who they are but was granted nothing has no role.
  // UNAUTHENTICATED in words that do not tell why; the log does, for some of a flood (see
  // LimitedLog). THROTTLED. Never waits for an identity provider.
  absl::StatusOr<IdentityPtr> Authenticate(const Credentials& credentials, absl::Time now);

 private:
  Authenticator(const config::Auth& auth, telemetry::Metrics& metrics, telemetry::Logger& logger)
      : auth_(auth), metrics_(metrics), log_(logger, metrics), throttle_(auth.max_failures) {}

  absl::StatusOr<IdentityPtr> FromHeader(const Credentials& credentials, absl::Time now);
  absl::StatusOr<IdentityPtr> CheckBearer(const std::string& token, absl::Time now);
  absl::StatusOr<IdentityPtr> FromJwt(const std::string& token, absl::Time now);
  std::optional<Identity> FromCertificate(const std::vector<std::string>& names) const;
  std::optional<Identity> FromUnixSocket() const;
  absl::Status Failed(const Credentials& credentials, const absl::Status& why);

  const config::Auth auth_;
  telemetry::Metrics& metrics_;
  telemetry::LimitedLog log_;
  Throttle throttle_;
  std::unique_ptr<TokenStore> tokens_;
  std::unique_ptr<JwksSource> jwks_;
};

}  // namespace stateserver::auth
