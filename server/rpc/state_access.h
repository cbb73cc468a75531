// SPDX-License-Identifier: Apache-2.0
//
// A gateway's state, opened for one call.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/postgres/session.h"
#include "server/rpc/authorize.h"
#include "server/rpc/call.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::rpc {

struct StateAccess {
  gateways::GatewayPtr gateway;
  std::unique_ptr<postgres::Session> session;
  store::Versions versions;

  const std::string& schema() const { return gateway->state_schema; }
  store::Layout layout() const { return store::Layout(versions.schema_version); }
};

// A gateway with a state, on which the caller may do this: see Authorize.
// GATEWAY_NOT_FOUND names no gateway that the caller has no role on.
absl::StatusOr<gateways::GatewayPtr> FindGateway(const ServiceContext& context,
                                                 std::string_view name, const Access& access,
                                                 const CallContext& call, CallNotes& notes);

// A session in a REPEATABLE READ transaction, so that a read of several
// statements sees one instant. NOT_MIGRATED without state tables.
absl::StatusOr<StateAccess> OpenForRead(const ServiceContext& context, std::string_view gateway,
                                        auth::Action action, const CallContext& call,
                                        CallNotes& notes);

}  // namespace stateserver::rpc
