// SPDX-License-Identifier: Apache-2.0
//
// Recovery of runs that another server, or an earlier process, left open.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/revisions/run/plan.h"
#include "server/starrocks/revisions/run/revision_run.h"
#include "server/starrocks/revisions/run/step_runner.h"

namespace stateserver::revisions {

// OpenJournal names a database of the gateway with an incomplete run, and the number of its
// statements that are neither done nor failed.
struct OpenJournal {
  std::string database, revision;
  int statements = 0;
};
absl::StatusOr<std::vector<OpenJournal>> FindOpen(postgres::Session& session,
                                                  const std::string& gateway);

struct Recovery {
  std::string revision;
  // Number of statements that are done, that can be sent again, whose job is in progress, and whose
  // outcome is unknown.
  int done = 0, not_done = 0, running = 0, unknown = 0;
};

// Compares every open statement of the warehouse's open run with the live schema and records those
// that are done. Runs no statements; the next upgrade does. Returns WAREHOUSE_LOCKED if a run is in
// progress.
absl::StatusOr<Recovery> Recover(const WarehouseTarget& target, absl::Duration lease,
                                 const CallContext& call);

// Returns the statements of the revision's downgrade, in its order, that undo the completed
// statements `done` (by number). If the downgrade does not state what each of its statements undoes
// and is as long as the upgrade, it is matched in reverse order. Returns REVISION_IRREVERSIBLE if a
// completed statement has no undo.
absl::StatusOr<std::vector<NumberedStep>> CompensatingSteps(const Revision& revision,
                                                            const std::set<int>& done);

struct TakeBackOptions {
  Assume assume = Assume::kNothing;  // for statements with an unknown outcome
  const WarehouseLock& lock;
  const CallContext& call;
};

// Does the same for an interrupted run: compares open entries with the live schema and waits for
// their jobs. Returns REPAIR_NEEDED if an outcome is unknown, and REVISION_IRREVERSIBLE also for a
// downgrade that has begun.
absl::StatusOr<std::vector<NumberedStep>> StepsBack(const Revision& revision, Direction direction,
                                                    const std::vector<JournalEntry>& entries,
                                                    Warehouse& warehouse,
                                                    const TakeBackOptions& options);

}  // namespace stateserver::revisions
