// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/state_access.h"

#include "server/sqlmesh/store/versions.h"
#include "server/sqlmesh/transfer/newer_schema.h"

namespace stateserver::rpc {

restore_points::StateChangeOptions StateChangeOptionsOf(const gateways::Gateway& gateway,
                                                        const ServiceLimits& limits,
                                                        const std::string& operation_id,
                                                        bool dry_run) {
  restore_points::StateChangeOptions options;
  options.gateway = gateway.name;
  options.database = gateway.database;
  options.schema = gateway.state_schema;
  options.operation_id = operation_id;
  options.dry_run = dry_run;
  options.lock_timeout = limits.lock_timeout;
  options.restore_points_keep = limits.restore_points_keep;
  options.restore_points_max_age = limits.restore_points_max_age;
  return options;
}

absl::StatusOr<gateways::GatewayPtr> FindGateway(const ServiceContext& context,
                                                 std::string_view name, const Access& access,
                                                 const CallContext& call, CallNotes& notes) {
  auto found = context.gateways.Find(name);
  if (!found.ok()) return Discreet(found.status(), context.gateways, call);
  RETURN_IF_ERROR(Authorize(context, **found, access, call, notes));
  return context.gateways.FindState(name);
}

absl::StatusOr<StateAccess> OpenForRead(const ServiceContext& context, std::string_view gateway,
                                        auth::Action action, const CallContext& call,
                                        CallNotes& notes) {
  StateAccess access;
  ASSIGN_OR_RETURN(access.gateway, FindGateway(context, gateway, {action, ""}, call, notes));
  ASSIGN_OR_RETURN(access.session, access.gateway->pool->Acquire(call));
  RETURN_IF_ERROR(access.session->Begin(postgres::Isolation::kRepeatableReadReadOnly));
  ASSIGN_OR_RETURN(auto versions, store::ReadVersions(*access.session, access.schema()));
  if (!versions.has_value()) {
    return store::NotMigrated(access.gateway->database, access.schema());
  }
  access.versions = *std::move(versions);
  ASSIGN_OR_RETURN(access.notes,
                   transfer::NotesOfNewerSchema(*access.session, access.schema(), access.versions));
  return access;
}

}  // namespace stateserver::rpc
