// SPDX-License-Identifier: Apache-2.0
//
// Who is let in, as the configuration says it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/platform/config/role.h"

namespace stateserver::config {

// JSON Web Tokens of an identity provider. Exactly one of `jwks_file` and
// `jwks_url` is set.
struct Jwt {
  std::string issuer;
  std::string audience;
  std::string jwks_file;  // absolute
  std::string jwks_url;   // http or https
  // Claims with the principal's name, and with the list of its groups.
  std::string subject_claim = "sub";
  std::string groups_claim = "groups";
  // How far the clocks of the provider and this machine may be apart.
  absl::Duration leeway = absl::Seconds(30);
  // How often `jwks_url` is asked for its keys, unasked.
  absl::Duration refresh = absl::Minutes(5);

  bool operator==(const Jwt&) const = default;
};

// Roles for those who are known by something else than a token of ours.
struct Grant {
  enum class Kind { kCertificate, kJwtSubject, kJwtGroup, kUnixSocket };
  Kind kind = Kind::kCertificate;
  // A subject alternative name (DNS name, URI such as a SPIFFE id, e-mail, IP) or
  // the common name; the subject; the group; empty for kUnixSocket.
  std::string name;
  Roles roles;

  bool operator==(const Grant&) const = default;
};

struct Auth {
  // Set by the section `auth`: then whoever has no role is refused. Without it,
  // whoever reaches the listener may do everything.
  bool enabled = false;
  std::string tokens_file;  // absolute; empty: none
  std::optional<Jwt> jwt;
  std::vector<Grant> grants;
  // Failed authentications a minute that an address may have; more are refused
  // unlooked at.
  int max_failures = 30;

  bool operator==(const Auth&) const = default;
};

}  // namespace stateserver::config
