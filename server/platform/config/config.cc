// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/config.h"

#include "common/text.h"

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

}  // namespace stateserver::config
