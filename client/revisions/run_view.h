// SPDX-License-Identifier: Apache-2.0
//
// Output of the plan and the progress of a run.
#pragma once

#include <string>
#include <vector>

#include "client/cli/output/console.h"
#include "client/cli/output/json.h"
#include "client/cli/output/progress.h"
#include "client/cli/session.h"
#include "common/json/text.h"
#include "common/text.h"
#include "revisions/graph.h"
#include "stateserver/v1/revisions.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

// RunPlan is what a run will do, as its events arrive.
struct RunPlan {
  struct Revision {
    pb::PlannedRevision facts;
    std::vector<pb::PlannedStatement> statements;
  };
  pb::RunPlan facts;
  std::vector<Revision> revisions;
  std::vector<pb::RemainingObject> remaining;  // of a run that is abandoned

  // Returns true if the run of the plan is abandoned.
  bool abandons() const { return !revisions.empty() && revisions.front().facts.abandons(); }

  // Returns false if the event does not belong to a plan.
  bool Add(const pb::RunEvent& event);
};

// Returns the plan as JSON, each revision with its statements.
std::string RunPlanToJson(const RunPlan& plan);

// Returns "pending", "running", "job", "done", "failed", "unknown" or "undone".
std::string StatementStateWord(pb::StatementState state);
std::string DirectionWord(pb::RevisionDirection direction);

// Prints the statements that will run to `out`, and the warnings as messages. Of a run that is
// abandoned: its statements with their ends, and what remains.
void PrintRunPlan(Console& console, std::ostream& out, const RunPlan& plan);
int CountStatements(const RunPlan& plan);

// RunProgress shows one bar over all statements of a run, and a line for each completed statement.
class RunProgress {
 public:
  RunProgress(Console& console, const std::string& title, int statements);
  void Take(const pb::StatementProgress& progress);
  void Finish();

 private:
  ProgressBars bars_;
  const int total_;
  int done_ = 0;
};

// Requests the status and prints an open run and the lock as messages, best effort.
void PrintWhereThingsStand(Session& session, Client& client, const pb::WarehouseScope& scope);

// Status is a warehouse's status with the statements of the run that has not finished.
struct WarehouseStatus {
  pb::GetStatusResponse facts;
  std::vector<pb::JournalEntry> entries;
};
// `live` as in GetStatusRequest.
absl::StatusOr<WarehouseStatus> ReadStatus(Client& client, const pb::WarehouseScope& scope,
                                           bool live);
// Returns the statements of a run.
absl::StatusOr<std::vector<pb::JournalEntry>> ReadStatements(Client& client,
                                                             const pb::WarehouseScope& scope,
                                                             int64_t run_id);

// Prints the open run of a status, statement by statement, and the holder of the lock.
void PrintOpenRun(std::ostream& out, const WarehouseStatus& status);

// Returns "3f2a9c81d0e4 (head), add age".
std::string RevisionLine(const revisions::Revision& revision, bool head);

// Returns texts as a JSON list.
template <typename Texts>
std::string JsonList(const Texts& texts) {
  std::string out = "[";
  for (const std::string& text : texts)
    AppendTo(&out, out.size() > 1 ? "," : "", json::Quoted(text));
  return out + "]";
}

}  // namespace stateserver::client
