// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/restore.h"

#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/operations/rows.h"
#include "server/operations/schema.h"
#include "server/platform/postgres/failpoint.h"
#include "server/platform/postgres/locks.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::restore_points {
namespace {

constexpr int64_t kSteps = 4;

class Restorer {
 public:
  Restorer(postgres::Pool& pool, const CallContext& context, const RestoreOptions& options,
           const RestoreProgress& progress)
      : pool_(pool), context_(context), options_(options), progress_(progress) {}

  absl::StatusOr<RestoreOutcome> Run() {
    ASSIGN_OR_RETURN(point_id_,
                     operations::CanonicalUuid(options_.restore_point_id, "Restore point id"));
    ASSIGN_OR_RETURN(std::string operation_id,
                     operations::CanonicalUuid(options_.operation_id, "operation id"));
    RETURN_IF_ERROR(RefuseWithoutSchema());
    ASSIGN_OR_RETURN(operations::BeginOutcome begun,
                     operations::Begin(pool_, context_, Request(operation_id)));
    if (begun.finished.has_value()) return Replay(*std::move(begun.finished));
    absl::Status status = Work(*begun.running);
    if (status.ok()) return std::move(outcome_);
    begun.running->Fail(status);
    return WithFact(status, "operation", operation_id);
  }

 private:
  // A rejected call must not create schema stateserver, and without it there is no restore point.
  absl::Status RefuseWithoutSchema() {
    ASSIGN_OR_RETURN(auto session, pool_.Acquire(context_));
    ASSIGN_OR_RETURN(bool exists, operations::SchemaExists(*session));
    if (exists) return absl::OkStatus();
    return GetRestorePoint(*session, options_.state_schema, point_id_).status();
  }

  operations::OperationRequest Request(const std::string& operation_id) const {
    operations::OperationRequest request;
    request.id = operation_id;
    request.kind = "restore";
    request.arguments_json = Cat("{\"restore_point\":\"", point_id_, "\"}");
    request.gateway = options_.gateway;
    request.state_schema = options_.state_schema;
    operations::SetCaller(context_, &request);
    return request;
  }

  RestoreOutcome Replay(operations::OperationRecord record) {
    RestoreOutcome outcome;
    outcome.restore_point_id = record.restore_point_id;
    outcome.operation = std::move(record);
    outcome.restored.id = point_id_;
    auto session = pool_.Acquire(context_);
    if (!session.ok()) return outcome;
    auto point = GetRestorePoint(**session, options_.state_schema, point_id_);
    if (point.ok()) outcome.restored = *std::move(point);
    return outcome;
  }

  absl::Status Work(operations::RunningOperation& operation) {
    postgres::Session& session = operation.session();
    ASSIGN_OR_RETURN(outcome_.restored, GetRestorePoint(session, options_.state_schema, point_id_));
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    RETURN_IF_ERROR(Change(operation.request().id, session));
    RETURN_IF_ERROR(operation.Finish(Details(), outcome_.restore_point_id));
    FAILPOINT_SESSION("restore.before_commit", pool_, session);
    absl::Status committed = session.Commit();
    FAILPOINT("restore.after_commit");
    ASSIGN_OR_RETURN(outcome_.operation, operation.Settle(committed));
    auto removed = Prune(pool_, context_, options_.state_schema, options_.restore_points_keep,
                         options_.restore_points_max_age);
    // A surplus restore point does no harm.
    if (removed.ok()) outcome_.removed = *std::move(removed);
    progress_("Done", kSteps, kSteps);
    return absl::OkStatus();
  }

  absl::Status Change(const std::string& operation_id, postgres::Session& session) {
    progress_("Waiting for the lock", 0, kSteps);
    ASSIGN_OR_RETURN(bool readers_stay, Lock(session));
    RETURN_IF_ERROR(CheckRestorable(session, options_.state_schema, point_id_));
    progress_("Taking a restore point of the present", 1, kSteps);
    ASSIGN_OR_RETURN(RestorePoint before,
                     TakeRestorePoint(session, pool_, context_,
                                      {options_.state_schema, "restore", operation_id,
                                       /*own_session=*/!readers_stay}));
    outcome_.restore_point_id = before.id;
    FAILPOINT_SESSION("restore.after_restore_point", pool_, session);
    progress_("Restoring the state", 2, kSteps);
    RETURN_IF_ERROR(Restore(session, options_.state_schema, point_id_));
    progress_("Committing", 3, kSteps);
    return absl::OkStatus();
  }

  // Readers are blocked only if the tables' structure changes. A migration may run between the
  // check and the lock, so the check is repeated.
  absl::StatusOr<bool> Lock(postgres::Session& session) {
    ASSIGN_OR_RETURN(bool keeps, KeepsShape(session, options_.state_schema, point_id_));
    while (true) {
      RETURN_IF_ERROR(postgres::LockState(
          session, pool_, context_, options_.state_schema, store::StateTables(),
          options_.lock_timeout,
          keeps ? postgres::StateLock::kWriters : postgres::StateLock::kEverybody));
      ASSIGN_OR_RETURN(bool still, KeepsShape(session, options_.state_schema, point_id_));
      if (still || !keeps) return keeps;
      keeps = false;
      session.Rollback();
      RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    }
  }

  std::string Details() const {
    const RestorePoint& point = outcome_.restored;
    return Cat("{\"restored\":\"", point.id, "\",\"snapshots\":", point.snapshots,
               ",\"environments\":", point.environments, ",\"interval_rows\":", point.interval_rows,
               "}");
  }

  postgres::Pool& pool_;
  const CallContext& context_;
  const RestoreOptions& options_;
  const RestoreProgress& progress_;
  std::string point_id_;
  RestoreOutcome outcome_;
};

}  // namespace

absl::StatusOr<RestoreOutcome> RunRestore(postgres::Pool& pool, const CallContext& context,
                                          const RestoreOptions& options,
                                          const RestoreProgress& progress) {
  return Restorer(pool, context, options, progress).Run();
}

}  // namespace stateserver::restore_points
