// SPDX-License-Identifier: Apache-2.0
//
// Planning of a run of revisions.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/work_meter.h"
#include "revisions/graph.h"
#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/warehouse.h"

namespace stateserver::revisions {

// RevisionText is a file as sent by the caller.
struct RevisionText {
  std::string name, text;
};

// Maximum number of statements in all files of a call.
inline constexpr size_t kMostRunStatements = 200'000;

// Reads the files. Returns REVISION_INVALID, as ReadRevision and Graph::Make do and for more than
// kMostRunStatements, and errors of `meter`.
absl::StatusOr<Graph> ReadGraph(const std::vector<RevisionText>& files, WorkMeter* meter);

// PlannedRun is one revision of a plan.
struct PlannedRun {
  const Revision* revision = nullptr;
  Direction direction = Direction::kUpgrade;
  // Set if an earlier run has begun; `entries` show its progress.
  std::optional<Run> open;
  std::vector<JournalEntry> entries;
  // True if the completed statements are undone and the revision is not applied.
  bool compensate = false;
  std::vector<std::string> heads_after;
  // The engine's current state for statements that are neither done nor failed.
  std::map<int, std::string> findings;

  const std::vector<SqlStep>& steps() const {
    return direction == Direction::kDowngrade ? revision->downgrade : revision->upgrade;
  }
};

struct RevisionRunPlan {
  std::vector<PlannedRun> runs;
  std::vector<std::string> heads_before, heads_after;
  std::vector<std::string> warnings;
  schema::Engine engine;
  // The objects that the statements refer to; the digest is "-" for those that do not exist.
  std::map<std::string, LiveObjectState> live;
  // Set if a destructive statement is before one of which it is not known whether the engine takes
  // it: what would happen. The run then needs the plan's digest.
  std::string unapproved;
  // Digest of the files, the applied revisions, and the affected live objects.
  std::string digest;
};

// RunKind is the command that a run carries out; a repair moves to no other revision.
enum class RunKind { kUpgrade, kDowngrade, kRepair };

struct PlanRequest {
  RunKind kind = RunKind::kUpgrade;
  std::string target;
  bool compensate = false;  // for kRepair
  // Called once the revisions and the live objects are known, before the statements are checked. An
  // error ends the planning, so that a caller who may not run them learns nothing else.
  std::function<absl::Status(const RevisionRunPlan&)> check_role = [](const RevisionRunPlan&) {
    return absl::OkStatus();
  };
  WorkMeter* meter = nullptr;  // ends the check of the statements; if null, nothing does
};

// Plans a run. Returns errors of Graph and of `check_role`; REVISION_CHANGED if the file of an
// applied revision, or a statement that was run, has changed; REVISION_IRREVERSIBLE with all
// reasons; STATEMENT_FAILED for a statement that the engine would reject, as far as CheckFeasible
// and CheckRun know; and errors of the warehouse.
absl::StatusOr<RevisionRunPlan> PlanRevisionRun(const Graph& graph, const JournalState& state,
                                                const PlanRequest& request, Warehouse& warehouse);

// Returns the names of the objects that the statements refer to.
std::set<std::string> TouchedObjects(const std::vector<SqlStep>& steps);

// Presence tracks which objects exist while the statements of a plan are checked.
struct Presence {
  std::map<std::string, bool> live;
};

// Returns STATEMENT_FAILED for a CREATE of an existing object, or an ALTER, DROP or INSERT of a
// missing one. Skips statements that an earlier run has completed.
absl::Status CheckFeasible(const PlannedRun& run, Presence* presence);

// Returns a description of the first step that a writer may not run, or nullopt if there is none: a
// statement that WriterClauses does not allow, one that its notes call destructive or a rebuild, or
// a statement of a run that goes back.
std::optional<std::string> FindDestructive(const RevisionRunPlan& plan);

}  // namespace stateserver::revisions
