// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/config.h"

#include <algorithm>

#include "common/nearest_word.h"
#include "common/text.h"
#include "server/platform/config/problems.h"
#include "server/platform/config/role.h"

namespace stateserver::config {

const std::set<std::string>& LogLevels() {
  static const std::set<std::string> levels = {"trace", "debug", "info", "warn", "error", "off"};
  return levels;
}

const Gateway* Config::FindGateway(std::string_view name) const {
  if (name.empty()) name = default_gateway;
  for (const Gateway& gateway : gateways) {
    if (EqualIgnoringCase(gateway.name, name)) return &gateway;
  }
  return nullptr;
}

bool IsGatewayOrAll(std::string_view name, const std::vector<Gateway>& gateways) {
  return name == kEveryGateway ||
         std::any_of(gateways.begin(), gateways.end(),
                     [&](const Gateway& gateway) { return EqualIgnoringCase(gateway.name, name); });
}

std::string NoSuchGateway(std::string_view name, const std::vector<Gateway>& gateways) {
  std::set<std::string> names;
  for (const Gateway& gateway : gateways) names.insert(gateway.name);
  std::string meant = NearestWord(name, names);
  return Cat("No gateway named '", name, "'.",
             meant.empty() ? "" : Cat(" Did you mean '", meant, "'?"));
}

}  // namespace stateserver::config
