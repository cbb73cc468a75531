// SPDX-License-Identifier: Apache-2.0
//
// The options, restore points and locking that all changes of a SQLMesh state share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/operations/change.h"
#include "server/operations/progress.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::restore_points {

struct StateChangeOptions {
  std::string gateway;
  std::string database;  // for messages
  std::string schema;
  std::string operation_id;
  // Runs everything, reports, and rolls back.
  bool dry_run = false;
  // Maximum time to wait for the state lock.
  absl::Duration lock_timeout = absl::Seconds(10);
  // Restore points beyond this count or older than this age are removed after a change that took
  // one.
  int restore_points_keep = 20;
  absl::Duration restore_points_max_age = absl::Hours(24 * 30);
};

// `arguments_json` is a JSON object; see operations::OperationRequest.
operations::ChangeRequest ChangeRequestOf(const StateChangeOptions& options, std::string_view kind,
                                          std::string_view arguments_json = "{}");

// StateRestorePoints takes restore points of a state. The references must outlive it.
class StateRestorePoints final : public operations::RestorePoints {
 public:
  // `own_session` and `restores`: see TakeOptions.
  StateRestorePoints(postgres::Pool& pool, const CallContext& call,
                     const StateChangeOptions& options, bool own_session = false,
                     std::string restores = "")
      : pool_(pool),
        call_(call),
        options_(options),
        own_session_(own_session),
        restores_(std::move(restores)) {}

  absl::StatusOr<std::string> Take(postgres::Session& session,
                                   const operations::OperationRequest& request) override;
  std::vector<std::string> RemoveSurplus() override;

 private:
  postgres::Pool& pool_;
  const CallContext& call_;
  const StateChangeOptions& options_;
  const bool own_session_;
  const std::string restores_;
};

// Returns the versions of the state if its schema is the newest; otherwise NOT_MIGRATED,
// STATE_BEHIND (migrate is needed) or STATE_AHEAD.
absl::StatusOr<store::Versions> CurrentVersions(postgres::Session& session,
                                                std::string_view database, std::string_view schema);

// Begins the transaction of a change and takes the state lock, except in a dry run. Returns
// the versions, LOCK_TIMEOUT, or the errors of CurrentVersions.
absl::StatusOr<store::Versions> BeginStateChange(operations::Change& change, postgres::Pool& pool,
                                                 const CallContext& call,
                                                 const StateChangeOptions& options,
                                                 const operations::Progress& progress);

}  // namespace stateserver::restore_points
