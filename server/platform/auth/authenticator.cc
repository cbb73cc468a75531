// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/authenticator.h"

#include <algorithm>
#include <utility>

#include "common/error.h"
#include "common/network_address.h"
#include "common/text.h"
#include "common/time.h"
#include "server/platform/auth/refusal.h"

namespace stateserver::auth {
namespace {

using config::Grant;

constexpr char kHint[] = "Give a bearer token or a client certificate; see docs/security.md.";

// Each kind of principal has its own prefix. The server's own principal, "stateserver", has none
// and is none of them.
constexpr char kJwtPrincipal[] = "jwt:";
constexpr char kCertificatePrincipal[] = "cert:";
constexpr char kUnixPrincipal[] = "unix";
constexpr char kAnonymousPrincipal[] = "anonymous:";

// A fact of a refusal, used only in this file.
constexpr char kUnknownKey[] = "unknown_key";

// Parses "Bearer TOKEN"; the scheme is compared without case (RFC 9110).
std::optional<std::string> BearerOf(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() <= kScheme.size()) return std::nullopt;
  bool same = std::equal(kScheme.begin(), kScheme.end(), header.begin(), [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
  });
  if (!same) return std::nullopt;
  std::string_view token = header.substr(kScheme.size());
  while (!token.empty() && token.front() == ' ') token.remove_prefix(1);
  while (!token.empty() && token.back() == ' ') token.remove_suffix(1);
  return std::string(token);
}

void AddRoles(const config::Roles& roles, config::Roles* to) {
  for (const auto& [gateway, role] : roles) {
    config::Role& best = (*to)[gateway];
    best = std::max(best, role);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Authenticator>> Authenticator::Open(const config::Auth& auth,
                                                                   telemetry::Metrics& metrics,
                                                                   telemetry::Logger& logger) {
  auto out = std::unique_ptr<Authenticator>(new Authenticator(auth, metrics, logger));
  if (!auth.tokens_file.empty()) {
    ASSIGN_OR_RETURN(out->tokens_, TokenStore::Open(auth.tokens_file, metrics, logger));
  }
  if (auth.jwt) {
    ASSIGN_OR_RETURN(out->jwks_, JwksSource::Open(*auth.jwt, metrics, logger));
  }
  return out;
}

absl::StatusOr<IdentityPtr> Authenticator::Authenticate(const Credentials& credentials,
                                                        absl::Time now) {
  if (!auth_.enabled) {
    return std::make_shared<Identity>(WithoutAuthentication(credentials));
  }
  if (!credentials.authorization.empty()) return FromHeader(credentials, now);
  std::optional<Identity> found = FromCertificate(credentials.certificate_names);
  if (!found && credentials.unix_socket) found = FromUnixSocket();
  if (!found) return Failed(credentials, Refuse("the call has no credentials"));
  metrics_.Authenticated(MethodName(found->method), "accepted");
  return std::make_shared<Identity>(*std::move(found));
}

absl::StatusOr<IdentityPtr> Authenticator::FromHeader(const Credentials& credentials,
                                                      absl::Time now) {
  const std::string& header = credentials.authorization.front();
  std::string address = AddressGroup(credentials.peer);
  absl::Duration wait = throttle_.Wait(address, header, SteadyNow());
  if (wait > absl::ZeroDuration()) {
    metrics_.Authenticated("header", "throttled");
    return Error(
        Reason::THROTTLED,
        Cat("Too many failed authentications from ", address, "; the credentials were not checked"),
        "Wait a moment, and check the token.");
  }
  auto token = credentials.authorization.size() == 1 ? BearerOf(header) : std::nullopt;
  absl::StatusOr<IdentityPtr> found =
      token ? CheckBearer(*token, now)
            : Refuse("the header `authorization` is not one bearer token");
  if (!found.ok()) {
    // A token with an unknown key is not a guess: after a rotation, many clients behind one address
    // use the new key at once.
    if (FactsOf(found.status()).count(kUnknownKey) == 0) throttle_.Failed(address, SteadyNow());
    return Failed(credentials, found.status());
  }
  throttle_.Succeeded(header, SteadyNow());
  metrics_.Authenticated(MethodName((*found)->method), "accepted");
  return found;
}

absl::StatusOr<IdentityPtr> Authenticator::CheckBearer(const std::string& token, absl::Time now) {
  bool is_jwt = std::count(token.begin(), token.end(), '.') == 2;
  if (is_jwt && jwks_ != nullptr) return FromJwt(token, now);
  if (tokens_ != nullptr) return tokens_->Find(token, now);
  return Refuse("this kind of token is not accepted here");
}

absl::StatusOr<IdentityPtr> Authenticator::FromJwt(const std::string& token, absl::Time now) {
  std::string key_id = KeyIdOf(token);
  std::shared_ptr<const KeySet> keys = jwks_->KeysFor(key_id);
  if (keys == nullptr || (!key_id.empty() && !keys->Has(key_id))) {
    return WithFact(Refuse(keys == nullptr ? "the issuer's keys have not been read yet"
                                           : "the token names a key that is not in the key set"),
                    kUnknownKey, key_id);
  }
  ASSIGN_OR_RETURN(JwtClaims claims, VerifyJwt(token, *keys, *auth_.jwt, now));
  auto identity = std::make_shared<Identity>();
  identity->name = Cat(kJwtPrincipal, claims.subject);
  identity->method = Method::kJwt;
  for (const Grant& grant : auth_.grants) {
    bool subject = grant.kind == Grant::Kind::kJwtSubject && grant.name == claims.subject;
    bool group =
        grant.kind == Grant::Kind::kJwtGroup &&
        std::find(claims.groups.begin(), claims.groups.end(), grant.name) != claims.groups.end();
    if (subject || group) AddRoles(grant.roles, &identity->roles);
  }
  return identity;
}

// The name of the identity is the first, in the order of precedence, that a grant names; without
// such a grant, the first.
std::optional<Identity> Authenticator::FromCertificate(
    const std::vector<std::string>& names) const {
  if (names.empty()) return std::nullopt;
  Identity identity;
  identity.method = Method::kCertificate;
  for (const std::string& name : names) {
    for (const Grant& grant : auth_.grants) {
      if (grant.kind != Grant::Kind::kCertificate || grant.name != name) continue;
      if (identity.name.empty()) identity.name = Cat(kCertificatePrincipal, name);
      AddRoles(grant.roles, &identity.roles);
    }
  }
  if (identity.name.empty()) identity.name = Cat(kCertificatePrincipal, names.front());
  return identity;
}

std::optional<Identity> Authenticator::FromUnixSocket() const {
  for (const Grant& grant : auth_.grants) {
    if (grant.kind == Grant::Kind::kUnixSocket) {
      return Identity{kUnixPrincipal, Method::kUnixSocket, grant.roles};
    }
  }
  return std::nullopt;
}

Identity Authenticator::WithoutAuthentication(const Credentials& credentials) {
  Identity identity;
  identity.roles[std::string(config::kEveryGateway)] = config::Role::kAdmin;
  if (!credentials.certificate_names.empty()) {
    identity.name = Cat(kCertificatePrincipal, credentials.certificate_names.front());
  } else if (credentials.unix_socket) {
    identity.name = kUnixPrincipal;
  } else {
    identity.name = Cat(kAnonymousPrincipal, WithoutPort(credentials.peer));
  }
  return identity;
}

absl::Status Authenticator::Failed(const Credentials& credentials, const absl::Status& why) {
  bool none = credentials.authorization.empty();
  metrics_.Authenticated(none ? "nobody" : "header", "refused");
  log_.Log(
      AddressGroup(credentials.peer), telemetry::LogLevel::kWarning, "authentication failed",
      {{"peer", credentials.peer}, {"trace_id", credentials.trace_id}, {"why", MessageOf(why)}});
  return Error(Reason::UNAUTHENTICATED,
               none ? "The call has no credentials" : "The credentials are not accepted", kHint);
}

}  // namespace stateserver::auth
