// SPDX-License-Identifier: Apache-2.0
//
// What a run is going to do.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/work_meter.h"
#include "revisions/graph.h"
#include "server/starrocks/ddl/model/engine.h"
#include "server/starrocks/revisions/journal/records.h"
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
  std::vector<Entry> entries;
  // Its completed statements are undone, and it is not applied.
  bool compensate = false;
  std::vector<std::string> heads_after;
  // Of statements that are neither done nor failed: what the engine says now.
  std::map<int, std::string> findings;

  const std::vector<SqlStep>& steps() const {
    return direction == Direction::kDowngrade ? revision->downgrade : revision->upgrade;
  }
};

struct MigrationPlan {
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
absl::StatusOr<MigrationPlan> MakeMigrationPlan(const Graph& graph, const JournalState& state,
                                                const PlanRequest& request, Warehouse& warehouse);

// Names of the objects that the statements name.
std::set<std::string> TouchedObjects(const std::vector<SqlStep>& steps);

}  // namespace stateserver::revisions
