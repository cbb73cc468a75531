// SPDX-License-Identifier: Apache-2.0
//
// JSON Web Tokens (RFC 7519) signed by an identity provider.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/config/auth.h"

namespace stateserver::auth {

// A JSON Web Key Set (RFC 7517). Thread-safe.
class KeySet {
 public:
  // ARGUMENT_INVALID unless it holds at least one public key of type RSA (2,048
  // bits or more), EC (P-256) or OKP (Ed25519); other keys are left out.
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

struct JwtClaims {
  std::string subject;
  std::vector<std::string> groups;
};

// The `kid` of the header; empty where there is none or the token is none.
std::string KeyIdOf(const std::string& token);

// UNAUTHENTICATED says why, for the log: not RS256, ES256 or EdDSA; no key for
// it; a signature that does not hold; another issuer or audience; no `exp`, or it
// is past; `nbf` in the future; no subject.
absl::StatusOr<JwtClaims> VerifyJwt(const std::string& token, const KeySet& keys,
                                    const config::Jwt& expected, absl::Time now);

}  // namespace stateserver::auth
