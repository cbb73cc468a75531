// SPDX-License-Identifier: Apache-2.0
//
// The identity of a caller and its roles.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/platform/config/role.h"

namespace stateserver::auth {

// Method is the way in which a caller proved its identity.
enum class Method { kNobody, kToken, kJwt, kCertificate, kUnixSocket };

// Returns "nobody", "token", "jwt", "certificate" or "unix_socket", as used in metrics and logs.
std::string_view MethodName(Method method);

// Identity describes one principal. It is immutable after construction.
struct Identity {
  // Name in logs and operations. It begins with its kind, so that principals of different kinds
  // never have the same name: "token:anna", "jwt:ci@example.com",
  // "cert:uri:spiffe://example.com/sqlmesh", "cert:cn:anna", "unix" or, without authentication,
  // "anonymous:10.0.0.7".
  std::string name;
  Method method = Method::kNobody;
  config::Roles roles;

  // Returns the highest role on `gateway`.
  config::Role RoleOn(std::string_view gateway) const;
  // Returns the highest role on any gateway.
  config::Role RoleAnywhere() const;
};

using IdentityPtr = std::shared_ptr<const Identity>;

}  // namespace stateserver::auth
