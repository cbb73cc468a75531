// SPDX-License-Identifier: Apache-2.0
//
// The plan that ends an unfinished run, and the objects that the run has changed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "revisions/graph.h"
#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/outcome.h"
#include "server/starrocks/revisions/run/step_runner.h"
#include "server/starrocks/revisions/run/warehouse.h"

namespace stateserver::revisions {

enum class Ending { kDone, kFailed, kNotRun, kUnknown };

// EndedEntry is a statement that the run has begun, with its end as far as it can be determined.
struct EndedEntry {
  JournalEntry entry;
  Ending ending = Ending::kUnknown;
  std::string why;        // how the end was determined; empty if the journal has it
  bool was_open = false;  // the journal does not have the end yet
};

enum class RemainingState {
  kAsRecorded,
  kDiffers,
  kNotRecorded,  // exists, and no applied revision created or changed it
  kMissing,
  kUnreadable,
};

// RemainingObject is an object that the run changed or may have changed, or that differs from the
// journal.
struct RemainingObject {
  std::string name;
  RemainingState state = RemainingState::kAsRecorded;
  std::string revision;  // the applied revision that changed it last; may be empty
  std::vector<int> statements;
};

struct AbandonPlan {
  Run run;
  std::vector<EndedEntry> entries;  // as in JournalState
  // The run's revision, if the files contain it as the run began it; otherwise null.
  const Revision* revision = nullptr;
  // The statements of the revision that the run has not begun.
  std::vector<NumberedStep> not_begun;
  std::vector<RemainingObject> remaining;  // sorted by name
  std::vector<std::string> heads, warnings;
  schema::Engine engine;
  std::string digest;
};

// Plans the end of the unfinished run of `state`. `graph` may be null; the plan refers to it.
// `known` are the objects of the journal. Returns REVISION_NOT_FOUND if no run is unfinished,
// STATEMENT_UNFINISHED while the engine is executing one of its statements, and errors of the
// warehouse.
absl::StatusOr<AbandonPlan> PlanAbandon(const Graph* graph, const JournalState& state,
                                        const std::map<std::string, KnownObject>& known,
                                        Warehouse& warehouse);

// Returns the end of an entry that the journal has as intended or sent. The verdict must not be
// kRunning.
EndedEntry EndOf(const JournalEntry& entry, const StatementOutcome& outcome);

// Compares the objects of the statements that are done or unknown, and all of `known`, with `live`,
// which must hold those of them that exist.
std::vector<RemainingObject> RemainingObjects(const std::vector<EndedEntry>& entries,
                                              const std::map<std::string, KnownObject>& known,
                                              const std::map<std::string, LiveObjectState>& live);

// Returns what the journal records about the abandoned run, without a full stop: where it stopped,
// how many statements have which end, who had started it, and its last error.
std::string AbandonText(const AbandonPlan& plan);

}  // namespace stateserver::revisions
