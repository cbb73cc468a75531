// SPDX-License-Identifier: Apache-2.0
//
// What is asked of a run.
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

// A gateway's database, and its StarRocks.
struct WarehouseTarget {
  WarehouseKey key;
  config::Warehouse warehouse;
  postgres::Pool* pool = nullptr;  // not null
  std::string state_schema;
};

struct VersionTableOptions {
  bool off = false;
  std::map<std::string, std::string> properties;  // of its creation
};

struct RunRequest {
  enum class Kind { kUpgrade, kDowngrade, kRepair };
  WarehouseTarget at;
  Kind kind = Kind::kUpgrade;
  std::string target;                  // not of kRepair
  std::shared_ptr<const Graph> graph;  // of the files; not null
  std::string operation_id;
  bool dry_run = false;
  std::string plan_digest;  // empty: any
  // Undo the completed statements of a revision that fails; of kRepair: now.
  bool compensate = false;
  Assume assume = Assume::kNothing;
  absl::Duration lock_wait, lease;
  absl::Duration timeout = absl::InfiniteDuration();
  VersionTableOptions version_table;
  // Asked about the plan before anything is done; an error ends the run.
  std::function<absl::Status(const RevisionRunPlan&)> allow = [](const RevisionRunPlan&) {
    return absl::OkStatus();
  };
  // As in WarehouseOptions.
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

// As a JSON string with its quotes.
std::string JsonText(std::string_view text);

// `more` are further members of its arguments: `,"compensate":true`.
operations::OperationRequest OperationOf(const WarehouseTarget& at, std::string_view kind,
                                         const std::string& id, std::string_view target,
                                         std::string_view more, const CallContext& call);

// Under the warehouse's lock and as an operation: finishes what an earlier run
// left, goes to the target, revision by revision. The last revision and the
// operation's success are one transaction.
// Errors: those of operations::Begin, WarehouseLock, PlanRevisionRun,
// CheckVersionTable and StepRunner; PLAN_CHANGED for another plan digest. Whatever
// happens, the next run goes on from where things stand.
absl::StatusOr<RunOutcome> RunRevisions(const RunRequest& request, const CallContext& call,
                                        const RunCallbacks& callbacks);

}  // namespace stateserver::revisions
