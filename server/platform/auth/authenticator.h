// SPDX-License-Identifier: Apache-2.0
//
// Authentication of calls: turns a call's credentials into an identity.
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
  // Values of the `authorization` header.
  std::vector<std::string> authorization;
  // Names in the client's verified certificate, in the form and the order of
  // common/certificate_name.h.
  std::vector<std::string> certificate_names;
  bool unix_socket = false;
  // Peer address with its port, as in rpc::Caller.
  std::string peer;
  std::string trace_id;
};

// Authenticator checks the credentials of calls against the configured sources. Thread-safe.
class Authenticator {
 public:
  // Opens the sources that `auth` names. Returns ARGUMENT_INVALID, naming the file, if a file is
  // not usable.
  static absl::StatusOr<std::unique_ptr<Authenticator>> Open(const config::Auth& auth,
                                                             telemetry::Metrics& metrics,
                                                             telemetry::Logger& logger);

  // Returns the identity for `credentials`. A header alone decides the result; without a header the
  // certificate is used, then the unix socket. A caller with valid credentials but without a grant
  // gets an identity that has no role. Never waits for an identity provider.
  //
  // Returns UNAUTHENTICATED without details; the reason goes to the log, rate-limited by
  // LimitedLog. Returns THROTTLED if the address has failed too often.
  absl::StatusOr<IdentityPtr> Authenticate(const Credentials& credentials, absl::Time now);

 private:
  Authenticator(const config::Auth& auth, telemetry::Metrics& metrics, telemetry::Logger& logger)
      : auth_(auth), metrics_(metrics), log_(logger, metrics), throttle_(auth.max_failures) {}

  absl::StatusOr<IdentityPtr> FromHeader(const Credentials& credentials, absl::Time now);
  absl::StatusOr<IdentityPtr> CheckBearer(const std::string& token, absl::Time now);
  absl::StatusOr<IdentityPtr> FromJwt(const std::string& token, absl::Time now);
  std::optional<Identity> FromCertificate(const std::vector<std::string>& names) const;
  std::optional<Identity> FromUnixSocket() const;
  // Returns the identity of a caller when authentication is off: the certificate's first name, the
  // unix socket, or the address.
  static Identity WithoutAuthentication(const Credentials& credentials);
  absl::Status Failed(const Credentials& credentials, const absl::Status& why);

  const config::Auth auth_;
  telemetry::Metrics& metrics_;
  telemetry::LimitedLog log_;
  Throttle throttle_;
  std::unique_ptr<TokenStore> tokens_;
  std::unique_ptr<JwksSource> jwks_;
};

}  // namespace stateserver::auth
