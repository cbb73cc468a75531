// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/yaml/auth_section.h"

#include <algorithm>

#include "common/certificate_name.h"
#include "common/error.h"
#include "common/network_address.h"
#include "common/text.h"
#include "common/url.h"

namespace stateserver::config {
namespace {

constexpr int kMaxFailures = 1'000'000;

// The value may hold a password, so no message repeats it.
void CheckJwksUrl(const std::string& text, Section* section) {
  std::optional<HttpUrl> url = ParseHttpUrl(text);
  if (!url) {
    section->Complain(
        "jwks_url",
        "expected a URL such as https://login.example.com/keys, with %XX for reserved "
        "characters of a user and a password");
  } else if (!url->https && !IsLoopbackHost(url->host)) {
    section->Complain("jwks_url",
                      "must begin with https://, because an attacker who can change the keys on "
                      "their way can sign tokens; http:// is allowed only for localhost, "
                      "127.0.0.0/8 and [::1]");
  }
}

void ReadJwt(Section* auth, std::optional<Jwt>* out) {
  auto section = auth->ReadSection("jwt");
  if (!section) return;
  Jwt jwt;
  section->ReadRequired("issuer", &jwt.issuer);
  section->ReadRequired("audience", &jwt.audience);
  section->Read("jwks_file", &jwt.jwks_file);
  section->Read("jwks_url", &jwt.jwks_url);
  if (section->Has("subject_claim")) section->ReadRequired("subject_claim", &jwt.subject_claim);
  section->Read("groups_claim", &jwt.groups_claim);
  section->ReadDuration("leeway", absl::ZeroDuration(), &jwt.leeway);
  section->ReadDuration("refresh", absl::Seconds(1), &jwt.refresh);
  if (section->Has("jwks_file") == section->Has("jwks_url")) {
    section->Complain("jwks_file", "exactly one of jwks_file and jwks_url is needed");
  } else if (section->Has("jwks_url")) {
    CheckJwksUrl(jwt.jwks_url, &*section);
  }
  section->Finish();
  *out = std::move(jwt);
}

// Converts the name to its canonical form. Messages quote a value only as written in the file.
void CheckCertificate(Section* section, std::string* name) {
  absl::StatusOr<std::string> canonical = ParseCertificateName(*name);
  if (canonical.ok()) {
    *name = *std::move(canonical);
  } else if (section->IsWrittenAs("certificate", *name)) {
    section->Complain("certificate", MessageOf(canonical.status()));
  } else {
    section->WrongValue("certificate", "a name that begins with uri:, dns:, email:, ip: or cn:");
  }
}

Grant ReadGrant(Section section, const std::vector<Gateway>& gateways) {
  struct Key {
    const char* key;
    Grant::Kind kind;
  };
  constexpr Key kKeys[] = {{"certificate", Grant::Kind::kCertificate},
                           {"jwt_subject", Grant::Kind::kJwtSubject},
                           {"jwt_group", Grant::Kind::kJwtGroup}};
  Grant grant;
  int named = 0;
  for (const Key& key : kKeys) {
    if (!section.Has(key.key)) continue;
    ++named;
    grant.kind = key.kind;
    section.ReadRequired(key.key, &grant.name);
  }
  if (!grant.name.empty() && section.Has("certificate")) CheckCertificate(&section, &grant.name);
  bool unix_socket = false;
  section.Read("unix_socket", &unix_socket);
  if (unix_socket) {
    ++named;
    grant.kind = Grant::Kind::kUnixSocket;
  }
  if (named != 1) {
    section.Complain("certificate",
                     "a grant names exactly one of certificate, jwt_subject, jwt_group and "
                     "unix_socket: true");
  }
  for (const Key& key : kKeys) section.Known(key.key);
  ReadRoles(&section, "roles", &gateways, &grant.roles);
  section.Finish();
  return grant;
}

}  // namespace

void ReadRoles(Section* section, const std::string& key, const std::vector<Gateway>* gateways,
               Roles* out) {
  const bool any = gateways == nullptr || gateways->empty();
  section->Require(key);
  auto roles = section->ReadSection(key);
  if (!roles) return;
  for (const std::string& gateway : roles->Keys()) {
    if (!any && !IsGatewayOrAll(gateway, *gateways)) {
      roles->Complain(gateway, NoSuchGateway(gateway, *gateways));
    }
    std::string name;
    roles->ReadOneOf(gateway, {"reader", "writer", "admin"}, &name);
    if (auto role = ParseRole(name)) (*out)[Lower(gateway)] = *role;
  }
  if (roles->Keys().empty()) section->Complain(key, "names no gateway");
}

void ReadAuth(Section* top, const std::vector<Gateway>& gateways, Auth* out) {
  auto section = top->ReadSection("auth");
  if (!section) return;
  out->enabled = true;
  section->Read("tokens_file", &out->tokens_file);
  ReadJwt(&*section, &out->jwt);
  for (Section& grant : section->ReadSections("grants")) {
    out->grants.push_back(ReadGrant(std::move(grant), gateways));
  }
  section->ReadInt("max_failures", 1, kMaxFailures, &out->max_failures);
  section->Finish();
  bool jwt_grants = std::any_of(out->grants.begin(), out->grants.end(), [](const Grant& grant) {
    return grant.kind == Grant::Kind::kJwtSubject || grant.kind == Grant::Kind::kJwtGroup;
  });
  if (jwt_grants && !out->jwt) {
    section->Complain("grants", "jwt_subject and jwt_group need the section auth.jwt");
  }
  if (out->tokens_file.empty() && out->grants.empty()) {
    top->Complain("auth", "accepts no caller: add a tokens_file or grants");
  }
}

}  // namespace stateserver::config
