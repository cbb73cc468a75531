// SPDX-License-Identifier: Apache-2.0
//
// The header and the claims of a JSON Web Token as JSON, read strictly: a text that two parsers may
// understand differently is refused.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/config/auth.h"

namespace stateserver::auth {

// JwtText holds the decoded parts of a token, as they were signed.
struct JwtText {
  std::string header;
  std::string claims;
};

struct JwtClaims {
  std::string subject;
  std::vector<std::string> groups;
};

// Splits a token into its parts. Returns UNAUTHENTICATED unless there are three parts of base64url
// without padding.
absl::StatusOr<JwtText> DecodeJwt(const std::string& token);

// Checks the types of the header's fields. Returns UNAUTHENTICATED if the header is not one JSON
// object without duplicate names, if `alg` is not a text, if `kid` or `typ` is present and not a
// text, if `typ` is a kind of token for another use than a call, or if there is a `crit` (RFC 7515,
// 4.1.11).
absl::Status CheckJwtHeader(const std::string& header);

// Checks the claims and returns those that name the caller. Returns UNAUTHENTICATED if they are not
// one JSON object without duplicate names at any level, or if a claim has the wrong type: `iss`,
// `sub` and the subject claim are texts; `aud` and the groups claim are a text or a list of texts;
// `exp`, `nbf` and `iat` are numbers of seconds since 1970, until the year 9999. Also returns it
// for a wrong issuer or audience, a missing or expired `exp`, an `nbf` in the future, and a subject
// that is not a principal's name.
absl::StatusOr<JwtClaims> CheckJwtClaims(const std::string& claims, const config::Jwt& expected,
                                         absl::Time now);

}  // namespace stateserver::auth
