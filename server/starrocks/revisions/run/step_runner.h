// SPDX-License-Identifier: Apache-2.0
//
// Execution of the statements of one revision, recorded before and after each.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "revisions/revision_file.h"
#include "server/platform/call_context.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/outcome.h"
#include "server/starrocks/revisions/run/warehouse.h"
#include "server/starrocks/revisions/warehouse_lock.h"

namespace stateserver::revisions {

// Pause sleeps longer each time, from 20 ms to 2 s.
class Pause {
 public:
  void Sleep() {
    constexpr double kFactor = 1.5;
    absl::SleepFor(next_);
    next_ = std::min(next_ * kFactor, absl::Seconds(2));
  }

 private:
  absl::Duration next_ = absl::Milliseconds(20);
};

// NumberedStep is a statement and its number in the journal, from 1.
struct NumberedStep {
  int seq = 0;
  const SqlStep* step = nullptr;
};

enum class StepState { kRunning, kJob, kDone, kFailed };

struct StepEvent {
  std::string revision;
  int seq = 0, total = 0;
  StepState state = StepState::kRunning;
  std::string object, step_class, statement;
  std::optional<starrocks::Job> job;
  absl::Duration elapsed;
  bool compensates = false;
  bool earlier = false;  // completed by an earlier run
};

// Assume selects how a statement with an unknown outcome is treated.
enum class Assume { kNothing, kDone, kNotDone };

struct StepRunnerOptions {
  absl::Time deadline = absl::InfiniteFuture();  // for the whole run
  std::function<void(const StepEvent&)> on_event = [](const StepEvent&) {};
  Assume assume = Assume::kNothing;
};

// StepRunner sends statements one after another; jobs of different tables run concurrently. It
// refers to its arguments. Not thread-safe.
class StepRunner {
 public:
  StepRunner(Warehouse& warehouse, JournalWriter& journal, const WarehouseLock& lock,
             const CallContext& call, const StepRunnerOptions& options)
      : warehouse_(warehouse), journal_(journal), lock_(lock), call_(call), options_(options) {}

  // Runs those `steps` that `entries`, from an earlier attempt at the run, do not show as done.
  // Returns OK once all are done and their jobs have ended. Returns STATEMENT_FAILED with the
  // engine's message; STATEMENT_UNFINISHED after the deadline or CANCELLED, stopping before the
  // next statement while a job continues; REPAIR_NEEDED if an outcome is unknown;
  // WAREHOUSE_LOCK_LOST; and errors of the warehouse and of the journal's database.
  absl::Status Execute(const revisions::Run& run, const std::vector<NumberedStep>& steps,
                       const std::vector<JournalEntry>& entries, bool compensates);

  // Waits for the jobs that Execute left, as far as they end by themselves.
  void WaitForJobs();

 private:
  struct InFlightStatement {
    NumberedStep numbered;
    JournalEntry entry;
    StatementFacts facts;
    absl::Time started;
    std::optional<starrocks::Job> job;  // as last observed
    bool earlier = false;
    bool sent_again = false;  // an earlier sending may still be on its way
    // The engine accepted the statement now, so that nobody else changed the object since then.
    bool accepted = false;

    // Returns true if the statement only waits for jobs of its own table.
    bool RunsBeside() const {
      return facts.kind == StatementFacts::Kind::kAlterTable && facts.renamed.empty() &&
             facts.swapped.empty();
    }
  };

  absl::Status CheckMayContinue() const;
  absl::Status Visit(const NumberedStep& numbered, const std::vector<JournalEntry>& entries);
  // Returns true if the statement is settled without being sent.
  absl::StatusOr<bool> Resume(InFlightStatement& work);
  absl::Status Start(InFlightStatement work);
  absl::Status Send(InFlightStatement& work);
  absl::Status AfterLoss(InFlightStatement work, const absl::Status& lost);
  absl::Status Rejected(const InFlightStatement& work, const std::string& text);
  absl::Status Follow(InFlightStatement work);
  // Returns the id of the newest job of the object, once no job is in progress.
  absl::StatusOr<int64_t> AwaitQuiet(const std::string& object);
  absl::Status AwaitObject(const std::string& object);
  absl::Status AwaitAll();
  absl::Status Await(InFlightStatement work);
  absl::StatusOr<bool> Poll(InFlightStatement& work);
  absl::Status Ended(InFlightStatement& work, const starrocks::Job& job);
  absl::Status Done(const InFlightStatement& work);
  absl::Status RecordQuery(const InFlightStatement& work);
  absl::Status Refused(const InFlightStatement& work, const std::string& text);
  absl::StatusOr<StatementOutcome> QueryOutcomeOf(const InFlightStatement& work);
  absl::Status Uncertain(const InFlightStatement& work, const StatementOutcome& outcome);
  void Report(const InFlightStatement& work, StepState state) const;
  std::string Where(const InFlightStatement& work) const;

  Warehouse& warehouse_;
  JournalWriter& journal_;
  const WarehouseLock& lock_;
  const CallContext& call_;
  const StepRunnerOptions options_;
  revisions::Run run_;
  int total_ = 0;
  bool compensates_ = false;
  std::vector<InFlightStatement> pending_;  // statements with jobs in progress
  int losses_ = 0;
};

// Returns the outcome of the entry according to the journal and the engine.
absl::StatusOr<StatementOutcome> QueryOutcome(Warehouse& warehouse, const JournalEntry& entry);

}  // namespace stateserver::revisions
