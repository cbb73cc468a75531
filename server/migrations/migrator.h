// `stateclient migrate`: the state tables of the newest known schema.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/operations/log.h"
#include "server/postgres/pool.h"
#include "server/store/layout.h"

namespace stateserver::migrations {

struct MigrateOptions {
  std::string gateway;
  std::string database;  // for sentences
  std::string schema;
  std::string operation_id;
  bool dry_run = false;
  std::string to;  // a SQLMesh release; empty: the newest known
  std::string if_unchanged_since;
  absl::Duration lock_timeout = absl::Seconds(10);
};

struct MigrateResult {
  operations::OperationRecord operation;
  std::optional<store::Versions> before;  // absent where the database was empty
  store::Versions after;
  bool changed = false;
  bool dry_run = false;
};

using Progress = std::function<void(std::string_view step, int64_t done, int64_t total)>;

// In one transaction: creates the tables in an empty database, and leaves a
// state that is current alone. STATE_BEHIND for an older state, STATE_AHEAD for
// a newer one, STATE_TOO_OLD below schema 60, each naming both versions.
absl::StatusOr<MigrateResult> MigrateState(postgres::Pool& pool, const CallContext& context,
                                           const MigrateOptions& options, const Progress& progress);

}  // namespace stateserver::migrations
