// SPDX-License-Identifier: Apache-2.0

#include "server/platform/gateways/gateway.h"

#include <utility>

#include "common/error.h"

namespace stateserver::gateways {
namespace {

template <typename Map>
std::string Names(const Map& gateways) {
  std::string names;
  for (const auto& [name, gateway] : gateways) {
    if (!names.empty()) names.append(", ");
    names.append(name);
    if (gateway->is_default) names.append(" (default)");
  }
  return names.empty() ? "none" : names;
}

absl::Status Unserved(const Gateway& gateway) {
  return Error(Reason::GATEWAY_NOT_FOUND,
               "Gateway '" + gateway.name + "' has its state in a connection of type " +
                   gateway.unserved_state_type + ", which this server does not serve.",
               gateway.unserved_state_hint + " Or name another gateway.",
               {{"gateway", gateway.name}, {"field", "gateway"}});
}

}  // namespace

std::shared_ptr<const GatewayRegistry::Map> GatewayRegistry::Snapshot() const {
  std::lock_guard lock(mutex_);
  return gateways_;
}

absl::StatusOr<GatewayPtr> GatewayRegistry::Find(std::string_view name) const {
  auto gateways = Snapshot();
  if (name.empty()) {
    for (const auto& [unused, gateway] : *gateways) {
      if (gateway->is_default) return gateway;
    }
    return Error(Reason::GATEWAY_NOT_FOUND, "This server has no default gateway.",
                 "Name one in `gateway`; this server has: " + Names(*gateways) + ".",
                 {{"field", "gateway"}});
  }
  auto found = gateways->find(name);
  if (found != gateways->end()) return found->second;
  return Error(Reason::GATEWAY_NOT_FOUND, "No gateway named '" + std::string(name) + "'.",
               "This server has: " + Names(*gateways) + ".",
               {{"gateway", std::string(name)}, {"field", "gateway"}});
}

absl::StatusOr<GatewayPtr> GatewayRegistry::FindState(std::string_view name) const {
  ASSIGN_OR_RETURN(GatewayPtr gateway, Find(name));
  if (gateway->pool != nullptr) return gateway;
  if (!gateway->unserved_state_type.empty()) return Unserved(*gateway);
  return Error(Reason::GATEWAY_NOT_FOUND,
               "Gateway '" + gateway->name + "' has no state_connection, so it holds no state.",
               "Give it a state_connection of type postgres in the server's configuration, or "
               "name another gateway.",
               {{"gateway", gateway->name}, {"field", "gateway"}});
}

absl::StatusOr<GatewayPtr> GatewayRegistry::FindWarehouse(std::string_view name) const {
  ASSIGN_OR_RETURN(GatewayPtr gateway, Find(name));
  if (gateway->warehouse.has_value()) return gateway;
  return Error(Reason::WAREHOUSE_MISSING,
               "Gateway '" + gateway->name + "' has no StarRocks connection.",
               "Give it a `connection` of type starrocks in the server's configuration, or name "
               "another gateway.",
               {{"gateway", gateway->name}, {"field", "gateway"}});
}

std::vector<GatewayPtr> GatewayRegistry::All() const {
  std::vector<GatewayPtr> all;
  for (const auto& [name, gateway] : *Snapshot()) all.push_back(gateway);
  return all;
}

void GatewayRegistry::Replace(std::vector<Gateway> gateways) {
  auto map = std::make_shared<Map>();
  for (Gateway& gateway : gateways) {
    std::string name = gateway.name;
    map->emplace(std::move(name), std::make_shared<const Gateway>(std::move(gateway)));
  }
  std::shared_ptr<const Map> old = std::move(map);
  {
    std::lock_guard lock(mutex_);
    gateways_.swap(old);
  }
  // `old` is destroyed outside the lock, because closing its pools may take a while.
}

}  // namespace stateserver::gateways
