// SPDX-License-Identifier: Apache-2.0
//
// The command `stateclient expired`: deletion of what has expired from the state tables.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/operations/change.h"
#include "server/operations/progress.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/maintenance/expired_plan.h"
#include "server/sqlmesh/restore_points/state_change.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::maintenance {

struct DeletedRows {
  int64_t environments = 0;
  int64_t statements = 0;
  int64_t snapshots = 0;
  int64_t auto_restatements = 0;
  int64_t interval_rows_deleted = 0;   // after compaction
  int64_t interval_rows_released = 0;  // their snapshot no longer exists, their version does

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("environments", self.environments);
    visit("statements", self.statements);
    visit("snapshots", self.snapshots);
    visit("auto_restatements", self.auto_restatements);
    visit("interval_rows_deleted", self.interval_rows_deleted);
    visit("interval_rows_released", self.interval_rows_released);
  }
};

// Performs the steps of SQLMesh's janitor, in its order: deletes environments and their statements;
// deletes snapshots; compacts intervals, deletes those of unused versions, detaches the others from
// deleted snapshots, and compacts again. Also deletes the unreachable rows of `_auto_restatements`
// for such versions, which SQLMesh leaves behind. With `scoped`, compacts only intervals of the
// plan's models. Runs in the transaction of `session`, which must hold the state lock.
absl::StatusOr<DeletedRows> DeleteExpiredRows(postgres::Session& session, const std::string& schema,
                                              const ExpiredPlan& plan, bool scoped,
                                              const operations::Progress& progress);

// ExpiredSummary counts what a plan lists.
struct ExpiredSummary {
  int64_t environments = 0;
  int64_t snapshots = 0;
  int64_t tables = 0;
  int64_t kept_by_ttl = 0;
  int64_t now_ts = 0;
  std::vector<transfer::Note> notes;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("environments", self.environments);
    visit("snapshots", self.snapshots);
    visit("tables", self.tables);
    visit("kept_by_ttl", self.kept_by_ttl);
    visit("now_ts", self.now_ts);
    visit("notes", self.notes);
  }
};
ExpiredSummary Summarize(const ExpiredPlan& plan);

struct ExpiredOptions {
  restore_points::StateChangeOptions change;
  std::string environment;  // if empty, everything
  std::string if_unchanged_since;
};

// Returns the plan as of one instant. Changes nothing and uses no operation id.
absl::StatusOr<ExpiredPlan> FindExpired(postgres::Pool& pool, const CallContext& context,
                                        const ExpiredOptions& options);

struct DeleteExpiredResult {
  ExpiredSummary expired;
  DeletedRows deleted;
  // The physical tables that remain, the first 1,000.
  std::vector<std::string> tables;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("expired", self.expired);
    visit("deleted", self.deleted);
    visit("tables", self.tables);
  }
};

// Runs operation "expired --delete" in one transaction: plans under the lock, passes the plan to
// `on_plan`, takes a restore point (unless nothing has expired), and deletes in statements of 1,000
// snapshots.
absl::StatusOr<operations::Outcome<DeleteExpiredResult>> DeleteExpired(
    postgres::Pool& pool, const CallContext& context, const ExpiredOptions& options,
    const operations::Progress& progress, const std::function<void(const ExpiredPlan&)>& on_plan);

// Returns the physical tables of those `snapshots` that clean up. Models without tables (EMBEDDED,
// EXTERNAL) and audits have none. Returns STATE_CORRUPT, naming a snapshot that cannot be read.
absl::StatusOr<std::vector<PhysicalTable>> ExpiredTables(
    postgres::Session& session, const std::string& schema,
    const std::vector<ExpiredSnapshot>& snapshots);

}  // namespace stateserver::maintenance
