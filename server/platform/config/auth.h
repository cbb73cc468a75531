// SPDX-License-Identifier: Apache-2.0
//
// The authentication section of the configuration.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/platform/config/role.h"

namespace stateserver::config {

// Jwt configures JSON Web Tokens of an identity provider. Exactly one of `jwks_file` and `jwks_url`
// is set.
struct Jwt {
  std::string issuer;
  std::string audience;
  std::string jwks_file;  // absolute
  std::string jwks_url;   // https, or http on the loopback
  // Names of the claims that hold the principal's name and the list of its groups.
  std::string subject_claim = "sub";
  std::string groups_claim = "groups";
  // Maximum difference between the clocks of the provider and this machine.
  absl::Duration leeway = absl::Seconds(30);
  // Interval between regular reads of `jwks_url`.
  absl::Duration refresh = absl::Minutes(5);

  bool operator==(const Jwt&) const = default;
};

// Grant assigns roles to principals that use something other than this server's tokens.
struct Grant {
  enum class Kind { kCertificate, kJwtSubject, kJwtGroup, kUnixSocket };
  Kind kind = Kind::kCertificate;
  // For kCertificate a name with its type, in the form of common/certificate_name.h; for
  // kJwtSubject the subject; for kJwtGroup the group; empty for kUnixSocket.
  std::string name;
  Roles roles;

  bool operator==(const Grant&) const = default;
};

struct Auth {
  // Set by the section `auth`: callers without a role are then rejected. Without the section, any
  // caller that reaches the listener may do everything.
  bool enabled = false;
  std::string tokens_file;  // absolute; empty if unused
  std::optional<Jwt> jwt;
  std::vector<Grant> grants;
  // Failed authentications allowed per address and minute. Further attempts are rejected without
  // being checked.
  int max_failures = 30;

  bool operator==(const Auth&) const = default;
};

}  // namespace stateserver::config
