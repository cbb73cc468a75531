// SPDX-License-Identifier: Apache-2.0
//
// The command `stateclient migrate`, which brings the state tables to the newest known schema.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/operations/change.h"
#include "server/operations/progress.h"
#include "server/platform/postgres/pool.h"
#include "server/sqlmesh/migrations/runner.h"
#include "server/sqlmesh/restore_points/state_change.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

struct MigrateOptions {
  restore_points::StateChangeOptions change;
  std::string to;  // a SQLMesh release; if empty, the newest known
  std::string if_unchanged_since;
  bool keep_unsupported_fingerprints = false;
  // May be null; see RunOptions.
  workers::FingerprintWorker* worker = nullptr;
  workers::PayloadRewriter* python = nullptr;
  std::string rewrite_python = {};  // see SchemaRun
};

struct MigrateResult {
  std::optional<store::Versions> before;  // absent if the database was empty
  store::Versions after;
  bool changed = false;
  RunReport report;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("before", self.before);
    visit("after", self.after);
    visit("changed", self.changed);
    RunReport::VisitMembers(self.report, visit);
  }
};

// Migrates in one transaction: creates the tables in an empty database, brings an older state to
// the newest schema, and leaves a current state, or one of a later release, unchanged. Takes a
// restore point of an older state first. On any failure, and in a dry run, the database is
// unchanged. Returns STATE_AHEAD for a newer state and STATE_TOO_OLD below schema 60, each naming
// both versions; see RunMigration for other errors.
absl::StatusOr<operations::Outcome<MigrateResult>> MigrateState(
    postgres::Pool& pool, const CallContext& context, const MigrateOptions& options,
    const operations::Progress& progress);

}  // namespace stateserver::migrations
