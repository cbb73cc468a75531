// SPDX-License-Identifier: Apache-2.0
//
// Roles of principals on a gateway. Each role includes the roles before it.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace stateserver::config {

enum class Role { kNone, kReader, kWriter, kAdmin };

inline constexpr std::array<std::string_view, 4> kRoleNames = {"none", "reader", "writer", "admin"};

inline std::string_view RoleName(Role role) { return kRoleNames[static_cast<size_t>(role)]; }

// Parses "reader", "writer" and "admin". Returns nullopt for any other word, including "none".
inline std::optional<Role> ParseRole(std::string_view name) {
  for (size_t i = 1; i < kRoleNames.size(); ++i) {
    if (kRoleNames[i] == name) return static_cast<Role>(i);
  }
  return std::nullopt;
}

// The name that stands for every gateway.
inline constexpr std::string_view kEveryGateway = "*";

// Roles maps a gateway name in lower case, or kEveryGateway, to a role.
using Roles = std::map<std::string, Role, std::less<>>;

}  // namespace stateserver::config
