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
#include "server/operations/log.h"
#include "server/platform/call_context.h"
#include "server/platform/config/config.h"
#include "server/platform/postgres/pool.h"
#include "server/starrocks/revisions/run/plan.h"
#include "server/starrocks/revisions/run/step_runner.h"

namespace stateserver::revisions {

// WarehouseTarget is a gateway's database and its StarRocks.
struct WarehouseTarget {
  WarehouseKey key;
  config::Warehouse warehouse;
  postgres::Pool* pool = nullptr;  // never null
  std::string state_schema;
};

struct VersionTableOptions {
  bool off = false;
  std::map<std::string, std::string> properties;  // properties used at creation
};

struct RunRequest {
  enum class Kind { kUpgrade, kDowngrade, kRepair };
  WarehouseTarget at;
  Kind kind = Kind::kUpgrade;
  std::string target;                  // unused for kRepair
  std::shared_ptr<const Graph> graph;  // revisions of the files; never null
  std::string operation_id;
  bool dry_run = false;
  std::string plan_digest;  // if empty, any
  // Undo the completed statements of a revision that fails; for kRepair, of the open run now.
  bool compensate = false;
  Assume assume = Assume::kNothing;
  absl::Duration lock_wait, lease;
  absl::Duration timeout = absl::InfiniteDuration();
  VersionTableOptions version_table;
  // Called with the plan before anything is changed; an error ends the run.
  std::function<absl::Status(const RevisionRunPlan&)> allow = [](const RevisionRunPlan&) {
    return absl::OkStatus();
  };
  // See WarehouseOptions.
  std::function<bool()> abandon = [] { return false; };
};

struct RunCallbacks {
  std::function<void(const RevisionRunPlan&)> on_plan;
  std::function<void(const StepEvent&)> on_step;
};

struct RunOutcome {
  operations::OperationRecord operation;  // empty after a dry run
  std::vector<std::string> heads;
  int revisions = 0, statements = 0;
};

// Returns the text as a JSON string with its quotes.
std::string JsonText(std::string_view text);

// Returns the operation request. `more` holds further members of its arguments:
// `,"compensate":true`.
operations::OperationRequest OperationOf(const WarehouseTarget& at, std::string_view kind,
                                         const std::string& id, std::string_view target,
                                         std::string_view more, const CallContext& call);

// Runs as an operation under the warehouse's lock: completes what an earlier run left, then moves
// to the target, revision by revision. The last revision and the operation's success are recorded
// in one transaction. Returns errors of operations::Begin, WarehouseLock, PlanRevisionRun,
// CheckVersionTable and StepRunner, and PLAN_CHANGED for a different plan digest. After any error,
// the next run continues from the current state.
absl::StatusOr<RunOutcome> RunRevisions(const RunRequest& request, const CallContext& call,
                                        const RunCallbacks& callbacks);

}  // namespace stateserver::revisions
