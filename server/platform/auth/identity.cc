// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/identity.h"

#include <algorithm>
#include <array>

namespace stateserver::auth {

std::string_view MethodName(Method method) {
  constexpr std::array<std::string_view, 5> kNames = {"nobody", "token", "jwt", "certificate",
                                                      "unix_socket"};
  return kNames[static_cast<size_t>(method)];
}

config::Role Identity::RoleOn(std::string_view gateway) const {
  config::Role best = config::Role::kNone;
  for (std::string_view name : {gateway, config::kEveryGateway}) {
    if (auto found = roles.find(name); found != roles.end()) best = std::max(best, found->second);
  }
  return best;
}

config::Role Identity::RoleAnywhere() const {
  config::Role best = config::Role::kNone;
  for (const auto& [gateway, role] : roles) best = std::max(best, role);
  return best;
}

}  // namespace stateserver::auth
