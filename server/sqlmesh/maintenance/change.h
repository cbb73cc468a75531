// SPDX-License-Identifier: Apache-2.0
//
// One changing call of maintenance: the operation, its transaction and the lock.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/operations/log.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::maintenance {

struct ChangeOptions {
  std::string gateway;
  std::string database;  // for messages
  std::string schema;
  std::string operation_id;
  absl::Duration lock_timeout = absl::Seconds(10);
};

// ChangeRecord is what a change adds to the operation's record.
struct ChangeRecord {
  std::string details_json = "{}";
  std::string restore_point_id;
};

// ChangeWork performs a change. `session` is in the change's transaction and holds the state lock.
using ChangeWork = std::function<absl::StatusOr<ChangeRecord>(postgres::Session& session)>;

// Runs `work` as operation `kind` in one transaction that includes the outcome: after a crash the
// state is either the old or the new one, and the record agrees with it. If the operation id has
// succeeded before, returns the earlier record without running `work`.
absl::StatusOr<operations::OperationRecord> RunChange(
    postgres::Pool& pool, const CallContext& context, const ChangeOptions& options,
    const std::string& kind, const std::string& arguments_json, const ChangeWork& work);

// Progress reports how far a step is.
using Progress = std::function<void(std::string_view step, int64_t done, int64_t total)>;

// Returns the versions of the state if its schema is the newest; otherwise NOT_MIGRATED,
// STATE_BEHIND (migrate is needed) or STATE_AHEAD.
absl::StatusOr<store::Versions> CurrentVersions(postgres::Session& session,
                                                std::string_view database, std::string_view schema);

}  // namespace stateserver::maintenance
