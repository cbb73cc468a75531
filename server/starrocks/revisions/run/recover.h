// SPDX-License-Identifier: Apache-2.0
//
// What a server does with runs that another one, or its own last life, left.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/revisions/run/plan.h"
#include "server/starrocks/revisions/run/revision_run.h"
#include "server/starrocks/revisions/run/step_runner.h"

namespace stateserver::revisions {

// Databases of the gateway with a run that has not come to its end, and how many
// statements of it are neither done nor failed.
struct OpenJournal {
  std::string database, revision;
  int statements = 0;
};
absl::StatusOr<std::vector<OpenJournal>> FindOpen(postgres::Session& session,
                                                  const std::string& gateway);

struct Recovery {
  std::string revision;
  // Statements that turned out to be done; that can be sent again; whose job goes
  // on; of which nothing tells.
  int done = 0, not_done = 0, running = 0, unknown = 0;
};

// Asks the live schema about every open statement of the warehouse's open run and
// notes those that are done. Runs nothing: the next upgrade does. WAREHOUSE_LOCKED
// where a run is under way.
absl::StatusOr<Recovery> Recover(const WarehouseTarget& target, absl::Duration lease,
                                 const CallContext& call);

// Statements of the revision's downgrade, in its order, for those of `done`, the
// numbers of completed statements. Where the downgrade does not say what each
// undoes and is as long as the upgrade, it goes backwards through it.
// REVISION_IRREVERSIBLE where a completed statement has nothing to undo it.
absl::StatusOr<std::vector<NumberedStep>> CompensatingSteps(const Revision& revision,
                                                            const std::set<int>& done);

struct TakeBackOptions {
  Assume assume = Assume::kNothing;  // of statements whose outcome nothing tells
  const WarehouseLock& lock;
  const CallContext& call;
};

// The same for what an interrupted run left: asks the live schema about entries
// that are open, and waits for their jobs. REPAIR_NEEDED where nothing tells;
// REVISION_IRREVERSIBLE also for a downgrade that was begun.
absl::StatusOr<std::vector<NumberedStep>> StepsBack(const Revision& revision, Direction direction,
                                                    const std::vector<JournalEntry>& entries,
                                                    Warehouse& warehouse,
                                                    const TakeBackOptions& options);

}  // namespace stateserver::revisions
