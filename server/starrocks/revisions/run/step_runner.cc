// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/step_runner.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/failpoint.h"
#include "common/sha256.h"
#include "common/text.h"
#include "common/time.h"
#include "server/starrocks/revisions/run/view_queries.h"

namespace stateserver::revisions {

namespace {

constexpr size_t kMostJobs = 8;  // concurrent jobs
constexpr int kMostLosses = 5;

const JournalEntry* EntryOf(const std::vector<JournalEntry>& entries, bool compensates, int seq) {
  for (const JournalEntry& entry : entries) {
    if (entry.compensates == compensates && entry.seq == seq) return &entry;
  }
  return nullptr;
}

std::string LabelOf(const Run& run, const NumberedStep& numbered) {
  std::string operation;
  for (char c : run.operation_id) {
    if (c != '-') operation.push_back(c);
  }
  return Cat("stateserver_", operation, "_", run.id, "_", numbered.seq);
}

}  // namespace

absl::StatusOr<StatementOutcome> QueryOutcome(Warehouse& warehouse, const JournalEntry& entry) {
  StatementFacts facts = Describe(entry.statement);
  Evidence evidence;
  if (!entry.label.empty()) {
    ASSIGN_OR_RETURN(evidence.label, warehouse.Label(entry.label));
  } else if (!facts.is_dml() && facts.kind != StatementFacts::Kind::kRepeatable &&
             !entry.object.empty()) {
    if (MayStartJob({{}, entry.statement, 0})) {
      ASSIGN_OR_RETURN(evidence.jobs, warehouse.JobsAfter(entry.object, entry.newest_job));
    }
    ASSIGN_OR_RETURN(evidence.live, warehouse.Digest(entry.object));
    if (!facts.swapped.empty()) {
      ASSIGN_OR_RETURN(std::string other, warehouse.Digest(facts.swapped));
      evidence.twins = other == evidence.live;
    }
  }
  StatementOutcome outcome = DecideOutcome(entry, facts, evidence);
  if (outcome.verdict != Verdict::kNotDone && outcome.verdict != Verdict::kUnknown) {
    return outcome;
  }
  // A lost connection does not end the statement.
  ASSIGN_OR_RETURN(bool at_work, warehouse.IsAtWorkOn(entry.statement));
  if (!at_work) return outcome;
  return StatementOutcome{Verdict::kRunning, "the engine is still working on it"};
}

absl::Status StepRunner::Execute(const revisions::Run& run, const std::vector<NumberedStep>& steps,
                                 const std::vector<JournalEntry>& entries, bool compensates) {
  run_ = run;
  total_ = steps.empty() ? 0 : steps.back().seq;
  for (const NumberedStep& one : steps) total_ = std::max(total_, one.seq);
  compensates_ = compensates;
  for (const NumberedStep& numbered : steps) {
    RETURN_IF_ERROR(CheckMayContinue());
    RETURN_IF_ERROR(Visit(numbered, entries));
  }
  return AwaitAll();
}

absl::Status StepRunner::CheckMayContinue() const {
  RETURN_IF_ERROR(lock_.Check());
  absl::Status called = call_.Check();
  if (!called.ok()) {
    return Error(ReasonOf(called), "Stopped before the next statement: the call has ended.",
                 "Run the command again: it continues where this run stopped.");
  }
  if (SteadyNow() < options_.deadline) return absl::OkStatus();
  return Error(Reason::STATEMENT_UNFINISHED,
               pending_.empty()
                   ? Cat("Stopped before the next statement: the time limit of the run has passed.")
                   : Cat("The time limit of the run has passed, and ", Where(pending_.front()),
                         " is not done: job ", pending_.front().entry.job_id, " is still running."),
               "Run the command again: it waits for the job, and continues from there.");
}

absl::Status StepRunner::Visit(const NumberedStep& numbered,
                               const std::vector<JournalEntry>& entries) {
  InFlightStatement work{
      numbered, {}, Describe(numbered.step->statement), SteadyNow(), std::nullopt, false, false};
  if (const JournalEntry* entry = EntryOf(entries, compensates_, numbered.seq)) {
    work.entry = *entry;
    if (entry->status == EntryStatus::kDone) {
      work.earlier = true;
      Report(work, StepState::kDone);
      return absl::OkStatus();
    }
    if (entry->status != EntryStatus::kFailed) {
      ASSIGN_OR_RETURN(bool settled, Resume(work));
      if (settled) return absl::OkStatus();
      work.sent_again = true;
    }
  }
  if (work.RunsBeside()) {
    RETURN_IF_ERROR(AwaitObject(work.facts.object));
    if (pending_.size() >= kMostJobs) RETURN_IF_ERROR(AwaitObject(pending_.front().entry.object));
  } else {
    RETURN_IF_ERROR(AwaitAll());
  }
  return Start(std::move(work));
}

absl::StatusOr<bool> StepRunner::Resume(InFlightStatement& work) {
  Pause pause;
  while (true) {
    ASSIGN_OR_RETURN(StatementOutcome outcome, QueryOutcomeOf(work));
    switch (outcome.verdict) {
      case Verdict::kDone:
        RETURN_IF_ERROR(Done(work));
        return true;
      case Verdict::kNotDone:
        return false;
      case Verdict::kRunning:
        // For a job whose id was not recorded, the digest decides once the job has ended.
        if (work.entry.job_id != 0) {
          RETURN_IF_ERROR(Follow(work));
          return true;
        }
        RETURN_IF_ERROR(CheckMayContinue());
        pause.Sleep();
        break;
      case Verdict::kUnknown:
      case Verdict::kForeign:
        if (options_.assume == Assume::kNotDone) return false;
        RETURN_IF_ERROR(Uncertain(work, outcome));
        RETURN_IF_ERROR(Done(work));
        return true;
    }
  }
}

absl::Status StepRunner::Uncertain(const InFlightStatement& work, const StatementOutcome& outcome) {
  if (options_.assume == Assume::kDone) return absl::OkStatus();
  bool foreign = outcome.verdict == Verdict::kForeign;
  Facts facts = {{"revision", run_.revision}, {"statement", Cat(work.numbered.seq)}};
  std::string versions;
  if (foreign) {
    ASSIGN_OR_RETURN(auto live, warehouse_.Read({work.entry.object}));
    auto found = live.find(work.entry.object);
    versions = Cat("\nThe statement:\n", work.entry.statement, "\nThe object now:\n",
                   found == live.end() ? "(it does not exist)" : found->second.statement);
  }
  return Error(
      Reason::REPAIR_NEEDED,
      Cat(foreign ? "Another session has changed " : "Cannot determine the outcome of ",
          foreign ? work.entry.object : Where(work), ": ", outcome.why, ".", versions),
      "Check the object, then call Repair with `assume` DONE, or NOT_DONE to run the statement "
      "again.",
      std::move(facts));
}

absl::StatusOr<StatementOutcome> StepRunner::QueryOutcomeOf(const InFlightStatement& work) {
  return QueryOutcome(warehouse_, work.entry);
}

absl::Status StepRunner::Start(InFlightStatement work) {
  const SqlStep& step = *work.numbered.step;
  // An INSERT that is sent again keeps its label, so that the engine rejects the second of two that
  // both arrive.
  std::string label = work.entry.label;
  const JournalEntry sent = work.entry;
  JournalEntry& entry = work.entry;
  entry = JournalEntry();
  entry.compensates = compensates_;
  entry.seq = work.numbered.seq;
  entry.object = work.facts.object;
  entry.statement = step.statement;
  entry.statement_digest = Sha256::Hex(step.statement);
  if (work.facts.kind == StatementFacts::Kind::kAlterTable) {
    ASSIGN_OR_RETURN(entry.newest_job, AwaitQuiet(entry.object));
  } else if (MayStartJob(step)) {
    ASSIGN_OR_RETURN(entry.newest_job, warehouse_.NewestJob(entry.object));
  }
  if (work.facts.label_at != 0) {
    entry.label = label.empty() ? LabelOf(run_, work.numbered) : label;
    entry.statement = WithLabel(step.statement, entry.label);
  } else {
    entry.label = work.facts.label;
  }
  FAILPOINT_STATUS("revision.before_digest");
  ASSIGN_OR_RETURN(entry.object_digest, warehouse_.Digest(entry.object));
  if (work.sent_again && entry.object_digest != sent.object_digest) {
    // An earlier sending may have taken effect since its outcome was queried.
    InFlightStatement earlier = work;
    earlier.entry = sent;
    ASSIGN_OR_RETURN(bool settled, Resume(earlier));
    if (settled) return absl::OkStatus();
  }
  // The revision's prediction holds only if the object is the one it was made for.
  if (step.notes.before == entry.object_digest && step.notes.object == entry.object) {
    entry.foretold = step.notes.after;
  }
  work.started = SteadyNow();
  FAILPOINT_STATUS("revision.before_intent");
  RETURN_IF_ERROR(journal_.Intend(run_, entry));
  FAILPOINT_STATUS("revision.after_intent");
  return Send(work);
}

absl::Status StepRunner::Send(InFlightStatement& work) {
  RETURN_IF_ERROR(lock_.Check());
  Report(work, StepState::kRunning);
  absl::Status status = warehouse_.Execute(work.entry.statement);
  FAILPOINT_STATUS("revision.after_statement");
  if (IsLost(status)) return AfterLoss(std::move(work), status);
  if (!status.ok()) return Rejected(work, std::string(status.message()));
  work.accepted = true;
  if (MayStartJob(*work.numbered.step)) return Follow(std::move(work));
  return Done(work);
}

// A lost connection does not show the outcome of the statement; the live schema does.
absl::Status StepRunner::AfterLoss(InFlightStatement work, const absl::Status& lost) {
  if (++losses_ > kMostLosses) return lost;
  ASSIGN_OR_RETURN(bool settled, Resume(work));
  if (settled) return absl::OkStatus();
  RETURN_IF_ERROR(CheckMayContinue());
  work.sent_again = true;
  return Start(std::move(work));
}

// If the statement was sent before, the engine may have received that one late, and reject this one
// because of it.
absl::Status StepRunner::Rejected(const InFlightStatement& work, const std::string& text) {
  Pause pause;
  while (work.sent_again) {
    ASSIGN_OR_RETURN(StatementOutcome outcome, QueryOutcomeOf(work));
    if (outcome.verdict == Verdict::kDone) return Done(work);
    if (outcome.verdict != Verdict::kRunning) break;
    RETURN_IF_ERROR(CheckMayContinue());
    pause.Sleep();
  }
  return Refused(work, text);
}

absl::Status StepRunner::Follow(InFlightStatement work) {
  ASSIGN_OR_RETURN(std::vector<starrocks::Job> jobs,
                   warehouse_.JobsAfter(work.entry.object, work.entry.newest_job));
  auto noted = std::find_if(jobs.begin(), jobs.end(),
                            [&](const starrocks::Job& job) { return job.id == work.entry.job_id; });
  if (jobs.empty()) return Done(work);
  const starrocks::Job& job = noted == jobs.end() ? jobs.back() : *noted;
  work.entry.job_id = job.id;
  work.entry.job_kind = job.kind;
  work.entry.status = EntryStatus::kSent;
  work.job = job;
  if (job.ended()) return Ended(work, job);
  RETURN_IF_ERROR(journal_.Sent(run_, work.entry));
  FAILPOINT_STATUS("revision.after_sent");
  Report(work, StepState::kJob);
  if (!work.RunsBeside()) return Await(std::move(work));
  pending_.push_back(std::move(work));
  return absl::OkStatus();
}

// A job in progress may belong to another client or to an earlier run.
absl::StatusOr<int64_t> StepRunner::AwaitQuiet(const std::string& object) {
  Pause pause;
  while (true) {
    ASSIGN_OR_RETURN(std::vector<starrocks::Job> jobs, warehouse_.JobsAfter(object, 0));
    if (jobs.empty()) return 0;
    if (jobs.back().ended()) return jobs.back().id;
    RETURN_IF_ERROR(CheckMayContinue());
    pause.Sleep();
  }
}

absl::Status StepRunner::AwaitObject(const std::string& object) {
  auto found = std::find_if(pending_.begin(), pending_.end(), [&](const InFlightStatement& work) {
    return work.entry.object == object;
  });
  if (found == pending_.end()) return absl::OkStatus();
  return Await(*found);
}

absl::Status StepRunner::AwaitAll() {
  while (!pending_.empty()) RETURN_IF_ERROR(Await(pending_.front()));
  return absl::OkStatus();
}

void StepRunner::WaitForJobs() {
  while (!pending_.empty()) {
    InFlightStatement work = pending_.front();
    if (!Await(work).ok() && !CheckMayContinue().ok()) return;
  }
}

absl::Status StepRunner::Await(InFlightStatement work) {
  Pause pause;
  auto forget = [&] {
    std::erase_if(pending_,
                  [&](const InFlightStatement& one) { return one.entry.seq == work.entry.seq; });
  };
  while (true) {
    absl::StatusOr<bool> ended = Poll(work);
    if (!ended.ok() || *ended) forget();
    RETURN_IF_ERROR(ended.status());
    if (*ended) return absl::OkStatus();
    absl::Status go_on = CheckMayContinue();
    if (!go_on.ok()) return go_on;
    pause.Sleep();
  }
}

absl::StatusOr<bool> StepRunner::Poll(InFlightStatement& work) {
  ASSIGN_OR_RETURN(std::vector<starrocks::Job> jobs,
                   warehouse_.JobsAfter(work.entry.object, work.entry.newest_job));
  auto found = std::find_if(jobs.begin(), jobs.end(),
                            [&](const starrocks::Job& job) { return job.id == work.entry.job_id; });
  if (found != jobs.end()) {
    work.job = *found;
    Report(work, StepState::kJob);
    if (!found->ended()) return false;
    RETURN_IF_ERROR(Ended(work, *found));
    return true;
  }
  // A restarting leader may lose a job, and forgets old ones.
  ASSIGN_OR_RETURN(StatementOutcome outcome, QueryOutcomeOf(work));
  if (outcome.verdict == Verdict::kDone) {
    RETURN_IF_ERROR(Done(work));
    return true;
  }
  return Refused(work, Cat("job ", work.entry.job_id, " is gone, and ", outcome.why));
}

absl::Status StepRunner::Ended(InFlightStatement& work, const starrocks::Job& job) {
  FAILPOINT_STATUS("revision.after_job");
  if (job.finished()) return Done(work);
  return Refused(work, Cat("its job ", job.id, " (", job.kind, ") was cancelled: ",
                           job.message.empty() ? "the engine does not say why" : job.message));
}

// Records what the engine made of the query, so that later comparisons know it.
absl::Status StepRunner::RecordQuery(const InFlightStatement& work) {
  std::optional<GivenQuery> given = QueryGivenBy(work.entry.statement, warehouse_.database());
  if (!given) return absl::OkStatus();
  given->revision = run_.revision;
  ASSIGN_OR_RETURN(schema::LiveSchema live,
                   warehouse_.Inspect(NamesOf(*given, warehouse_.database())));
  std::optional<RecordedQuery> record = RecordOf(*given, live);
  FAILPOINT_STATUS("revision.before_query");
  return record ? journal_.RecordQuery(*record) : absl::OkStatus();
}

absl::Status StepRunner::Done(const InFlightStatement& work) {
  if (work.accepted) RETURN_IF_ERROR(RecordQuery(work));
  FAILPOINT_STATUS("revision.before_outcome");
  RETURN_IF_ERROR(journal_.Done(run_, work.entry));
  FAILPOINT_STATUS("revision.after_outcome");
  Report(work, StepState::kDone);
  return absl::OkStatus();
}

absl::Status StepRunner::Refused(const InFlightStatement& work, const std::string& text) {
  RETURN_IF_ERROR(journal_.Failed(run_, work.entry, text));
  Report(work, StepState::kFailed);
  return Error(
      Reason::STATEMENT_FAILED, Cat("Cannot complete ", Where(work), ": ", text),
      "The statements before it are done and recorded. Correct the cause, or the statement in its "
      "file, and run the command again: it continues from here. Repair with "
      "`on_failure` COMPENSATE undoes the completed part of the revision.",
      {{"revision", run_.revision},
       {"statement", Cat(work.numbered.seq)},
       {"object", work.entry.object}});
}

void StepRunner::Report(const InFlightStatement& work, StepState state) const {
  StepEvent event;
  event.revision = run_.revision;
  event.seq = work.numbered.seq;
  event.total = total_;
  event.state = state;
  event.object = work.facts.object;
  event.step_class = ClassOf(*work.numbered.step);
  event.statement = work.numbered.step->statement;
  event.job = work.job;
  event.earlier = work.earlier;
  event.elapsed = SteadyNow() - work.started;
  event.compensates = compensates_;
  options_.on_event(event);
}

std::string StepRunner::Where(const InFlightStatement& work) const {
  return Cat("statement ", work.numbered.seq, " of ", compensates_ ? "undoing " : "", "revision '",
             run_.revision, "'", work.facts.object.empty() ? "" : " (", work.facts.object,
             work.facts.object.empty() ? "" : ")");
}

}  // namespace stateserver::revisions
