// SPDX-License-Identifier: Apache-2.0
//
// JSON Web Tokens (RFC 7519) signed by an identity provider.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/auth/jwt_claims.h"
#include "server/platform/config/auth.h"

namespace stateserver::auth {

// KeySet is a JSON Web Key Set (RFC 7517). Thread-safe.
class KeySet {
 public:
  // Parses `json`. Returns ARGUMENT_INVALID unless the set holds at least one public key of type
  // RSA (2,048 bits or more), EC (P-256) or OKP (Ed25519). Ignores other keys.
  static absl::StatusOr<std::shared_ptr<const KeySet>> Parse(const std::string& json);
  ~KeySet();
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;

  bool Has(std::string_view key_id) const;

 private:
  friend class JwtVerification;
  struct Impl;
  explicit KeySet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Returns the `kid` of the token's header, or "" if the token is malformed or has none.
std::string KeyIdOf(const std::string& token);

// Verifies `token` and returns its claims. Returns UNAUTHENTICATED with a reason for the log: an
// algorithm other than RS256, ES256 and EdDSA; an unknown key; an invalid signature; and the
// reasons of jwt_claims.h.
absl::StatusOr<JwtClaims> VerifyJwt(const std::string& token, const KeySet& keys,
                                    const config::Jwt& expected, absl::Time now);

}  // namespace stateserver::auth
