// SPDX-License-Identifier: Apache-2.0
//
// What a run is going to do.
#pragma once

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

// A file as the caller sent it.
struct RevisionText {
  std::string name, text;
};

// Of all files of a call together.
inline constexpr size_t kMostRunStatements = 200'000;

// REVISION_INVALID, as ReadRevision and Graph::Make, and over kMostRunStatements; the errors of
// `meter`.
absl::StatusOr<Graph> ReadGraph(const std::vector<RevisionText>& files, WorkMeter* meter);

// One revision of a plan.
struct PlannedRun {
  const Revision* revision = nullptr;
  Direction direction = Direction::kUpgrade;
  // Begun by an earlier run, whose entries tell how far it came.
  std::optional<Run> open;
  std::vector<JournalEntry> entries;
  // Its completed statements are undone, and it is not applied.
  bool compensate = false;
  std::vector<std::string> heads_after;
  // Of statements that are neither done nor failed: what the engine says now.
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
  // Of the files, what is applied, and the live objects that are touched.
  std::string digest;
};

struct PlanRequest {
  enum class Kind { kUpgrade, kDowngrade, kRepair };
  Kind kind = Kind::kUpgrade;
  std::string target;
  bool compensate = false;  // of kRepair
};

// Errors: those of Graph; REVISION_CHANGED for the file of an applied revision, or
// a statement that was run, with another text than it had; REVISION_IRREVERSIBLE
// with all reasons; STATEMENT_FAILED for a statement that the engine would refuse
// since its object is there already, or is not there; those of the warehouse.
absl::StatusOr<RevisionRunPlan> PlanRevisionRun(const Graph& graph, const JournalState& state,
                                                const PlanRequest& request, Warehouse& warehouse);

// Names of the objects that the statements name.
std::set<std::string> TouchedObjects(const std::vector<SqlStep>& steps);

// Which objects are there, as the statements of a plan go by.
struct Presence {
  std::map<std::string, bool> live;
};

// STATEMENT_FAILED for a CREATE of what is there, or an ALTER, DROP or INSERT of
// what is not. Statements that an earlier run has done are not looked at.
absl::Status CheckFeasible(const PlannedRun& run, Presence* presence);

// A statement that anybody who may change a schema may run: it creates a table, a
// view or a materialized view, alters one without dropping or swapping anything,
// inserts into a table, or refreshes. The text alone decides: notes can be edited.
// Any other statement, one that cannot be read, and one with a hint is not plain.
bool IsPlainStatement(std::string_view statement);

// The first thing that destroys or takes back, in words; nullopt where there is
// none: a statement that is not plain, one that its notes call destructive or a
// rebuild, statements of a run that goes back.
std::optional<std::string> FindDestructive(const RevisionRunPlan& plan);

}  // namespace stateserver::revisions
