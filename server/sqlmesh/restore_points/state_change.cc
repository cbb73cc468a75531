// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/state_change.h"

#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/locks.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::restore_points {

operations::ChangeRequest ChangeRequestOf(const StateChangeOptions& options, std::string_view kind,
                                          std::string_view arguments_json) {
  operations::ChangeRequest request;
  request.operation.id = options.operation_id;
  request.operation.kind = kind;
  request.operation.arguments_json = arguments_json;
  request.operation.gateway = options.gateway;
  request.operation.state_schema = options.schema;
  request.dry_run = options.dry_run;
  return request;
}

absl::StatusOr<std::string> StateRestorePoints::Take(postgres::Session& session,
                                                     const operations::OperationRequest& request) {
  ASSIGN_OR_RETURN(RestorePoint point, TakeRestorePoint(session, pool_, call_,
                                                        {options_.schema, request.kind, request.id,
                                                         own_session_, restores_}));
  return std::move(point.id);
}

std::vector<std::string> StateRestorePoints::RemoveSurplus() {
  auto removed = Prune(pool_, call_, options_.schema, options_.restore_points_keep,
                       options_.restore_points_max_age);
  return removed.ok() ? *std::move(removed) : std::vector<std::string>();
}

absl::StatusOr<store::Versions> CurrentVersions(postgres::Session& session,
                                                std::string_view database,
                                                std::string_view schema) {
  ASSIGN_OR_RETURN(auto versions, store::ReadVersions(session, schema));
  if (!versions.has_value()) return store::NotMigrated(database, schema);
  absl::Status current = store::CheckCurrent(*versions);
  if (ReasonOf(current) == Reason::STATE_BEHIND && !current.ok()) {
    return Error(
        Reason::STATE_BEHIND, MessageOf(current),
        Cat("The state has schema version ", versions->schema_version, ", this call needs ",
            store::NewestVersions().schema_version, ": migrate the state first."),
        FactsOf(current));
  }
  RETURN_IF_ERROR(current);
  return *std::move(versions);
}

absl::StatusOr<store::Versions> BeginStateChange(operations::Change& change, postgres::Pool& pool,
                                                 const CallContext& call,
                                                 const StateChangeOptions& options,
                                                 const operations::Progress& progress) {
  postgres::Session& session = change.session();
  RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
  if (!change.dry_run()) {
    progress("Waiting for the lock", 0, 0);
    RETURN_IF_ERROR(postgres::LockState(session, pool, call, options.schema, store::StateTables(),
                                        options.lock_timeout));
  }
  // The state may have been migrated meanwhile.
  return CurrentVersions(session, options.database, options.schema);
}

}  // namespace stateserver::restore_points
