// SPDX-License-Identifier: Apache-2.0
//
// Access to a gateway's state for one call.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/postgres/session.h"
#include "server/rpc/authorize.h"
#include "server/rpc/call.h"
#include "server/sqlmesh/restore_points/state_change.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::rpc {

struct StateAccess {
  gateways::GatewayPtr gateway;
  std::unique_ptr<postgres::Session> session;
  store::Versions versions;
  // Of a state whose schema version is newer than the server knows, for the answer.
  std::vector<transfer::Note> notes;

  const std::string& schema() const { return gateway->state_schema; }
  store::Layout layout() const { return store::Layout(versions.schema_version); }
};

// Returns what every change of the gateway's state needs.
restore_points::StateChangeOptions StateChangeOptionsOf(const gateways::Gateway& gateway,
                                                        const ServiceLimits& limits,
                                                        const std::string& operation_id,
                                                        bool dry_run = false);

// Returns a gateway that has a state and on which the caller may perform the action: see Authorize.
// GATEWAY_NOT_FOUND names no gateway on which the caller has no role.
absl::StatusOr<gateways::GatewayPtr> FindGateway(const ServiceContext& context,
                                                 std::string_view name, const Access& access,
                                                 const CallContext& call, CallNotes& notes);

// Opens a session in a REPEATABLE READ transaction, so that all statements of a read see the same
// snapshot. Returns NOT_MIGRATED if there are no state tables, and STATE_AHEAD if a newer release
// of SQLMesh changed what a read needs.
absl::StatusOr<StateAccess> OpenForRead(const ServiceContext& context, std::string_view gateway,
                                        auth::Action action, const CallContext& call,
                                        CallNotes& notes);

}  // namespace stateserver::rpc
