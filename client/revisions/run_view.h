// SPDX-License-Identifier: Apache-2.0
//
// The plan of a run, and how it goes, for people.
#pragma once

#include <map>
#include <string>

#include "client/cli/output/console.h"
#include "client/cli/output/progress.h"
#include "stateserver/v1/revisions.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

// "pending", "running", "job", "done", "failed", "unknown", "undone".
std::string StatementStateWord(pb::StatementState state);
std::string DirectionWord(pb::RevisionDirection direction);

// What will run, statement by statement, to `out`; the warnings go to the talk.
void PrintRunPlan(Console& console, std::ostream& out, const pb::RunPlan& plan);
int CountStatements(const pb::RunPlan& plan);

// One bar over all statements of a run, and a line for each that has ended.
class RunProgress {
 public:
  RunProgress(Console& console, const std::string& title, int statements);
  void Take(const pb::StatementProgress& progress);
  void Finish();
  int done() const { return done_; }

 private:
  ProgressBars bars_;
  const int total_;
  int done_ = 0;
};

}  // namespace stateserver::client
