// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/restore.h"

#include <utility>

#include "common/error.h"
#include "common/json/text.h"
#include "common/text.h"
#include "server/operations/rows.h"
#include "server/platform/postgres/failpoint.h"
#include "server/platform/postgres/locks.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::restore_points {
namespace {

constexpr int64_t kSteps = 4;

class Restorer {
 public:
  Restorer(postgres::Pool& pool, const CallContext& context, const StateChangeOptions& options,
           std::string point_id, const operations::Progress& progress)
      : pool_(pool),
        context_(context),
        options_(options),
        point_id_(std::move(point_id)),
        progress_(progress) {}

  absl::Status Restore(operations::Change& change, RestoreResult* result) {
    postgres::Session& session = change.session();
    ASSIGN_OR_RETURN(result->restored, GetRestorePoint(session, options_.schema, point_id_));
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    progress_("Waiting for the lock", 0, kSteps);
    ASSIGN_OR_RETURN(bool readers_stay, Lock(session));
    RETURN_IF_ERROR(CheckRestorable(session, options_.schema, point_id_));
    progress_("Taking a restore point of the present", 1, kSteps);
    points_.emplace(pool_, context_, options_, /*own_session=*/!readers_stay, point_id_);
    RETURN_IF_ERROR(change.TakeRestorePoint(*points_));
    FAILPOINT_SESSION("restore.after_restore_point", pool_, session);
    progress_("Restoring the state", 2, kSteps);
    RETURN_IF_ERROR(restore_points::Restore(session, options_.schema, point_id_));
    progress_("Committing", 3, kSteps);
    return absl::OkStatus();
  }

 private:
  // Readers are blocked only if the tables' structure changes. A migration may run between the
  // check and the lock, so the check is repeated.
  absl::StatusOr<bool> Lock(postgres::Session& session) {
    ASSIGN_OR_RETURN(bool keeps, KeepsShape(session, options_.schema, point_id_));
    ASSIGN_OR_RETURN(std::vector<std::string> tables, TablesOfRestore(session, point_id_));
    while (true) {
      RETURN_IF_ERROR(postgres::LockState(
          session, pool_, context_, options_.schema, tables, options_.lock_timeout,
          keeps ? postgres::StateLock::kWriters : postgres::StateLock::kEverybody));
      ASSIGN_OR_RETURN(bool still, KeepsShape(session, options_.schema, point_id_));
      if (still || !keeps) return keeps;
      keeps = false;
      session.Rollback();
      RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    }
  }

  postgres::Pool& pool_;
  const CallContext& context_;
  const StateChangeOptions& options_;
  const std::string point_id_;
  const operations::Progress& progress_;
  std::optional<StateRestorePoints> points_;
};

}  // namespace

absl::StatusOr<operations::Outcome<RestoreResult>> RunRestore(
    postgres::Pool& pool, const CallContext& context, const StateChangeOptions& options,
    const std::string& restore_point_id, const operations::Progress& progress) {
  absl::StatusOr<std::string> point_id =
      operations::CanonicalUuid(restore_point_id, "Restore point id");
  std::string arguments =
      Cat(R"({"restore_point":)", json::Quoted(point_id.value_or(restore_point_id)), "}");
  auto check = [&](postgres::Session& session) {
    if (!point_id.ok()) return point_id.status();
    return GetRestorePoint(session, options.schema, *point_id).status();
  };
  Restorer restorer(pool, context, options, point_id.value_or(""), progress);
  ASSIGN_OR_RETURN(auto outcome, operations::RunChange<RestoreResult>(
                                     pool, context, ChangeRequestOf(options, "restore", arguments),
                                     check, [&](operations::Change& change, RestoreResult* result) {
                                       return restorer.Restore(change, result);
                                     }));
  progress("Done", kSteps, kSteps);
  return outcome;
}

}  // namespace stateserver::restore_points
