// SPDX-License-Identifier: Apache-2.0
//
// What became of a statement that the journal only says was to be sent.
#pragma once

#include <string>
#include <vector>

#include "revisions/statement.h"
#include "server/starrocks/engine/jobs.h"
#include "server/starrocks/revisions/journal.h"

namespace stateserver::revisions {

struct Evidence {
  std::string live;  // the object's digest now
  // Of the object, with ids over the one that was the newest before; by id.
  std::vector<starrocks::Job> jobs;
  starrocks::LabelState label = starrocks::LabelState::kNone;
  // The two tables of a SWAP look alike, so that their digests say nothing.
  bool twins = false;
};

enum class Verdict {
  kDone,
  kNotDone,  // it can be sent, again where it was sent before
  kRunning,  // the engine works on it
  kUnknown,  // nothing tells
  kForeign,  // the object is neither what it was nor what it should be
};

struct StatementOutcome {
  Verdict verdict = Verdict::kUnknown;
  std::string why;  // one sentence without a full stop
};

// `entry` is intended or sent; `facts` are of its statement.
StatementOutcome DecideOutcome(const JournalEntry& entry, const StatementFacts& facts,
                               const Evidence& evidence);

}  // namespace stateserver::revisions
