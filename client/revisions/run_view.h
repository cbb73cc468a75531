// SPDX-License-Identifier: Apache-2.0
//
// The plan of a run, and how it goes, for people.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/cli/output/console.h"
#include "client/cli/output/json.h"
#include "client/cli/output/progress.h"
#include "client/cli/session.h"
#include "common/text.h"
#include "revisions/graph.h"
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

// Asks the server and prints an open run and the lock to the talk, best effort.
void PrintWhereThingsStand(Session& session, Client& client, const pb::WarehouseScope& scope);

// The open run of a status, statement by statement, and who holds the lock.
void PrintOpenRun(std::ostream& out, const pb::GetStatusResponse& status);

// "3f2a9c81d0e4 (head), add age".
std::string RevisionLine(const revisions::Revision& revision, bool head);

// Texts as a JSON list.

template <typename Texts>
std::string JsonList(const Texts& texts) {
  std::string out = "[";
  for (const std::string& text : texts) AppendTo(&out, out.size() > 1 ? "," : "", JsonString(text));
  return out + "]";
}

}  // namespace stateserver::client
