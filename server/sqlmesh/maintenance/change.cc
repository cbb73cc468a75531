// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/change.h"

#include "common/error.h"
#include "common/failpoint.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/platform/postgres/locks.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::maintenance {

namespace {

// Performs the checks that need no lock, so that a rejected call leaves no operation behind.
absl::Status CheckBefore(postgres::Pool& pool, const CallContext& context,
                         const ChangeOptions& options) {
  if (!IsUuid(options.operation_id)) {
    return Error(Reason::ARGUMENT_INVALID,
                 Cat("Operation id '", options.operation_id, "' is not a UUID"),
                 "Leave it out to use a generated one.", {{"field", "operation_id"}});
  }
  ASSIGN_OR_RETURN(auto session, pool.Acquire(context));
  return CurrentVersions(*session, options.database, options.schema).status();
}

absl::StatusOr<operations::OperationRecord> Work(postgres::Pool& pool, const CallContext& context,
                                                 const ChangeOptions& options,
                                                 operations::RunningOperation& operation,
                                                 const ChangeWork& work) {
  postgres::Session& session = operation.session();
  RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
  RETURN_IF_ERROR(postgres::LockState(session, pool, context, options.schema, store::StateTables(),
                                      options.lock_timeout));
  // The state may have been migrated meanwhile.
  RETURN_IF_ERROR(CurrentVersions(session, options.database, options.schema).status());
  ASSIGN_OR_RETURN(ChangeRecord record, work(session));
  RETURN_IF_ERROR(operation.Finish(record.details_json, record.restore_point_id));
  FAILPOINT("maintenance.before_commit");
  absl::Status committed = session.Commit();
  FAILPOINT("maintenance.after_commit");
  return operation.Settle(committed);
}

}  // namespace

absl::StatusOr<operations::OperationRecord> RunChange(
    postgres::Pool& pool, const CallContext& context, const ChangeOptions& options,
    const std::string& kind, const std::string& arguments_json, const ChangeWork& work) {
  RETURN_IF_ERROR(CheckBefore(pool, context, options));
  operations::OperationRequest request;
  request.id = options.operation_id;
  request.kind = kind;
  request.arguments_json = arguments_json;
  request.gateway = options.gateway;
  request.state_schema = options.schema;
  operations::SetCaller(context, &request);
  ASSIGN_OR_RETURN(operations::BeginOutcome outcome, operations::Begin(pool, context, request));
  if (outcome.finished.has_value()) return *std::move(outcome.finished);
  auto record = Work(pool, context, options, *outcome.running, work);
  if (!record.ok()) outcome.running->Fail(record.status());
  return record;
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
        Cat("The state has schema version ", versions->schema_version, ", this command works with ",
            store::NewestVersions().schema_version, ": run `stateclient migrate` first."),
        FactsOf(current));
  }
  RETURN_IF_ERROR(current);
  return *std::move(versions);
}

}  // namespace stateserver::maintenance
