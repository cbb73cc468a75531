// SPDX-License-Identifier: Apache-2.0
//
// A run of revisions under the warehouse's lock.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/operations/change.h"
#include "server/platform/call_context.h"
#include "server/platform/config/config.h"
#include "server/platform/postgres/pool.h"
#include "server/starrocks/revisions/run/plan.h"
#include "server/starrocks/revisions/run/step_runner.h"
#include "server/starrocks/revisions/run/version_table.h"

namespace stateserver::revisions {

// WarehouseTarget is a gateway's database and its StarRocks.
struct WarehouseTarget {
  WarehouseKey key;
  config::Warehouse warehouse;
  postgres::Pool* pool = nullptr;  // never null
  std::string state_schema;
};

// Reads the revisions of the caller's files; never returns null. Its errors refuse the change.
using GraphReader = std::function<absl::StatusOr<std::shared_ptr<const Graph>>()>;

struct RunRequest {
  WarehouseTarget at;
  RunKind kind = RunKind::kUpgrade;
  std::string target;  // unused for kRepair
  GraphReader read_graph;
  std::string operation_id;
  bool dry_run = false;
  std::string plan_digest;  // if empty, any
  // Undo the completed statements of a revision that fails; for kRepair, of the open run now.
  bool compensate = false;
  Assume assume = Assume::kNothing;
  absl::Duration lock_wait, lease;
  absl::Duration timeout = absl::InfiniteDuration();
  VersionTableOptions version_table;
  // Called before anything is changed if an upgrade destroys something; see FindDestructive. An
  // error ends the run.
  std::function<absl::Status(const std::string& why)> allow_destructive = [](const std::string&) {
    return absl::OkStatus();
  };
  // See WarehouseOptions.
  std::function<bool()> abandon = [] { return false; };
};

// Returns the kind of the operation, for example "schema upgrade".
std::string OperationKind(RunKind kind);

struct RunCallbacks {
  std::function<void(const RevisionRunPlan&)> on_plan;
  std::function<void(const StepEvent&)> on_step;
};

// RunResult is the result of a run; in a dry run, what the plan would lead to.
struct RunResult {
  std::vector<std::string> heads;
  int revisions = 0, statements = 0;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("heads", self.heads);
    visit("revisions", self.revisions);
    visit("statements", self.statements);
  }
};

// Returns the request of a change of a warehouse's schema. `more` holds further members of its
// arguments: `,"compensate":true`.
operations::ChangeRequest ChangeRequestOf(const WarehouseTarget& at, std::string_view kind,
                                          const std::string& id, std::string_view target,
                                          std::string_view more = "");

// Returns PLAN_CHANGED unless `approved` is empty or the digest of the plan. `sources` names what a
// plan depends on, besides the live schema: "journal".
absl::Status CheckApproved(const std::string& approved, const std::string& digest,
                           std::string_view sources);

// Returns the warning of a dry run that somebody holds the lock.
std::string HeldText(const LockState& lock);

// Runs as an operation under the warehouse's lock: completes what an earlier run left, then moves
// to the target, revision by revision. The last revision and the operation's success are recorded
// in one transaction. Returns errors of operations::Begin, WarehouseLock, PlanRevisionRun,
// CheckVersionTable and StepRunner, and PLAN_CHANGED for a different plan digest. After any error,
// the next run continues from the current state.
absl::StatusOr<operations::Outcome<RunResult>> RunRevisions(const RunRequest& request,
                                                            const CallContext& call,
                                                            const RunCallbacks& callbacks);

}  // namespace stateserver::revisions
