#include "server/rpc/state_access.h"

#include "server/store/versions.h"

namespace stateserver::rpc {

absl::StatusOr<gateways::GatewayPtr> FindGateway(const gateways::GatewayRegistry& registry,
                                                 std::string_view name, CallNotes& notes) {
  ASSIGN_OR_RETURN(gateways::GatewayPtr gateway, registry.FindState(name));
  notes.set_gateway(gateway->name);
  return gateway;
}

absl::StatusOr<StateAccess> OpenForRead(const gateways::GatewayRegistry& registry,
                                        std::string_view gateway, const CallContext& call,
                                        CallNotes& notes) {
  StateAccess access;
  ASSIGN_OR_RETURN(access.gateway, FindGateway(registry, gateway, notes));
  ASSIGN_OR_RETURN(access.session, access.gateway->pool->Acquire(call));
  RETURN_IF_ERROR(access.session->Begin(postgres::Isolation::kRepeatableReadReadOnly));
  ASSIGN_OR_RETURN(auto versions, store::ReadVersions(*access.session, access.schema()));
  if (!versions.has_value()) {
    return store::NotMigrated(access.gateway->database, access.schema());
  }
  access.versions = *std::move(versions);
  return access;
}

}  // namespace stateserver::rpc
