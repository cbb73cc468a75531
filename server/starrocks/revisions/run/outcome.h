// SPDX-License-Identifier: Apache-2.0
//
// The outcome of a statement of which the journal only records the intention to send it.
#pragma once

#include <string>
#include <vector>

#include "revisions/statement.h"
#include "server/starrocks/engine/jobs.h"
#include "server/starrocks/revisions/journal.h"

namespace stateserver::revisions {

struct Evidence {
  std::string live;  // the object's current digest
  // Jobs of the object that are newer than its newest job before the statement, sorted by id.
  std::vector<starrocks::Job> jobs;
  starrocks::LabelState label = starrocks::LabelState::kNone;
  // True if the two tables of a SWAP are equal, so that their digests are not conclusive.
  bool twins = false;
};

enum class Verdict {
  kDone,
  kNotDone,  // the statement can be sent (again)
  kRunning,  // the engine is executing it
  kUnknown,  // the evidence is not conclusive
  kForeign,  // the object is in neither the old nor the expected form
};

struct StatementOutcome {
  Verdict verdict = Verdict::kUnknown;
  std::string why;  // one sentence without a full stop
};

// Decides the outcome. `entry` must be intended or sent; `facts` describe its statement.
StatementOutcome DecideOutcome(const JournalEntry& entry, const StatementFacts& facts,
                               const Evidence& evidence);

}  // namespace stateserver::revisions
