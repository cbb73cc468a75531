// SPDX-License-Identifier: Apache-2.0
//
// One changing call of maintenance: the operation, its transaction, the lock.
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
  std::string database;  // for sentences
  std::string schema;
  std::string operation_id;
  absl::Duration lock_timeout = absl::Seconds(10);
};

// What a change leaves in the operation's record.
struct ChangeRecord {
  std::string details_json = "{}";
  std::string restore_point_id;
};

// `session` is in the change's transaction and holds the state lock.
using ChangeWork = std::function<absl::StatusOr<ChangeRecord>(postgres::Session& session)>;

// Runs `work` as operation `kind` in one transaction, outcome included: after a
// crash the state is the old one or the new one, and the record says which. The
// same id answers what the first run did, without running `work` again.
absl::StatusOr<operations::OperationRecord> RunChange(
    postgres::Pool& pool, const CallContext& context, const ChangeOptions& options,
    const std::string& kind, const std::string& arguments_json, const ChangeWork& work);

// What maintenance works with: the newest schema.

using Progress = std::function<void(std::string_view step, int64_t done, int64_t total)>;

// The versions of the state, which is of the newest schema. NOT_MIGRATED,
// STATE_BEHIND (run migrate) or STATE_AHEAD otherwise.
absl::StatusOr<store::Versions> CurrentVersions(postgres::Session& session,
                                                std::string_view database, std::string_view schema);

}  // namespace stateserver::maintenance
