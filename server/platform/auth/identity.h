// SPDX-License-Identifier: Apache-2.0
//
// Who calls, and what they may do.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/platform/config/role.h"

namespace stateserver::auth {

// How somebody proved who they are.
enum class Method { kNobody, kToken, kJwt, kCertificate, kUnixSocket };

// "nobody", "token", "jwt", "certificate", "unix_socket"; as in metrics and logs.
std::string_view MethodName(Method method);

// One principal. Never changed once it is made.
struct Identity {
  // As it stands in logs and operations, for example "token:anna",
  // "jwt:ci@example.com", "cert:spiffe://example.com/sqlmesh", "unix". Without
  // authentication: what the transport tells.
  std::string name;
  Method method = Method::kNobody;
  config::Roles roles;

  // The highest of its roles there.
  config::Role RoleOn(std::string_view gateway) const;
  // The highest of its roles anywhere.
  config::Role RoleAnywhere() const;
};

using IdentityPtr = std::shared_ptr<const Identity>;

}  // namespace stateserver::auth
