// A gateway's state, opened for one call.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/gateways/gateway.h"
#include "server/postgres/session.h"
#include "server/rpc/call.h"
#include "server/store/layout.h"

namespace stateserver::rpc {

struct StateAccess {
  gateways::GatewayPtr gateway;
  std::unique_ptr<postgres::Session> session;
  store::Versions versions;

  const std::string& schema() const { return gateway->state_schema; }
  store::Layout layout() const { return store::Layout(versions.schema_version); }
};

// Finds the gateway and names it in the call's log line.
absl::StatusOr<gateways::GatewayPtr> FindGateway(const gateways::GatewayRegistry& registry,
                                                 std::string_view name, CallNotes& notes);

// A session in a REPEATABLE READ transaction, so that a read of several
// statements sees one instant. NOT_MIGRATED without state tables.
absl::StatusOr<StateAccess> OpenForRead(const gateways::GatewayRegistry& registry,
                                        std::string_view gateway, const CallContext& call,
                                        CallNotes& notes);

}  // namespace stateserver::rpc
