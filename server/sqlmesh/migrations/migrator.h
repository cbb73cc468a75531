// SPDX-License-Identifier: Apache-2.0
//
// The command `stateclient migrate`, which brings the state tables to the newest known schema.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/operations/log.h"
#include "server/platform/postgres/pool.h"
#include "server/sqlmesh/migrations/runner.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

struct MigrateOptions {
  std::string gateway;
  std::string database;  // for messages
  std::string schema;
  std::string operation_id;
  bool dry_run = false;
  std::string to;  // a SQLMesh release; if empty, the newest known
  std::string if_unchanged_since;
  bool keep_unsupported_fingerprints = false;
  absl::Duration lock_timeout = absl::Seconds(10);
  int restore_points_keep = 20;
  absl::Duration restore_points_max_age = absl::Hours(24 * 30);
  // May be null; see RunOptions.
  workers::FingerprintWorker* worker = nullptr;
  workers::PayloadRewriter* python = nullptr;
};

struct MigrateResult {
  operations::OperationRecord operation;
  std::optional<store::Versions> before;  // absent if the database was empty
  store::Versions after;
  bool changed = false;
  bool dry_run = false;
  RunReport report;
  // The restore point taken before the migration; empty if there was no state.
  std::string restore_point_id;
};

// Migrates in one transaction: creates the tables in an empty database, brings an older state to
// the newest schema, and leaves a current state unchanged. Takes a restore point of an older state
// first. On any failure, and in a dry run, the database is unchanged. Returns STATE_AHEAD for a
// newer state and STATE_TOO_OLD below schema 60, each naming both versions; see RunMigration for
// other errors.
absl::StatusOr<MigrateResult> MigrateState(postgres::Pool& pool, const CallContext& context,
                                           const MigrateOptions& options, const Progress& progress);

}  // namespace stateserver::migrations
