// SPDX-License-Identifier: Apache-2.0
//
// The end of a statement: its job, its outcome, and what is told of it.
#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/failpoint.h"
#include "common/steady_time.h"
#include "common/text.h"
#include "server/starrocks/revisions/run/pause.h"
#include "server/starrocks/revisions/run/step_runner.h"

namespace stateserver::revisions {

absl::Status StepRunner::Follow(Work work) {
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
  Tell(work, StepState::kJob);
  if (!work.RunsBeside()) return Await(std::move(work));
  pending_.push_back(std::move(work));
  return absl::OkStatus();
}

// A job that is not ours, or of a run before.
absl::StatusOr<int64_t> StepRunner::AwaitQuiet(const std::string& object) {
  Pause pause;
  while (true) {
    ASSIGN_OR_RETURN(std::vector<starrocks::Job> jobs, warehouse_.JobsAfter(object, 0));
    if (jobs.empty()) return 0;
    if (jobs.back().ended()) return jobs.back().id;
    RETURN_IF_ERROR(GoOn());
    pause.Sleep();
  }
}

absl::Status StepRunner::AwaitObject(const std::string& object) {
  auto found = std::find_if(pending_.begin(), pending_.end(),
                            [&](const Work& work) { return work.entry.object == object; });
  if (found == pending_.end()) return absl::OkStatus();
  return Await(*found);
}

absl::Status StepRunner::AwaitAll() {
  while (!pending_.empty()) RETURN_IF_ERROR(Await(pending_.front()));
  return absl::OkStatus();
}

void StepRunner::WaitForJobs() {
  while (!pending_.empty()) {
    Work work = pending_.front();
    if (!Await(work).ok() && !GoOn().ok()) return;
  }
}

absl::Status StepRunner::Await(Work work) {
  Pause pause;
  auto forget = [&] {
    std::erase_if(pending_, [&](const Work& one) { return one.entry.seq == work.entry.seq; });
  };
  while (true) {
    absl::StatusOr<bool> ended = Poll(work);
    if (!ended.ok() || *ended) forget();
    RETURN_IF_ERROR(ended.status());
    if (*ended) return absl::OkStatus();
    absl::Status go_on = GoOn();
    if (!go_on.ok()) return go_on;
    pause.Sleep();
  }
}

absl::StatusOr<bool> StepRunner::Poll(Work& work) {
  ASSIGN_OR_RETURN(std::vector<starrocks::Job> jobs,
                   warehouse_.JobsAfter(work.entry.object, work.entry.newest_job));
  auto found = std::find_if(jobs.begin(), jobs.end(),
                            [&](const starrocks::Job& job) { return job.id == work.entry.job_id; });
  if (found != jobs.end()) {
    work.job = *found;
    Tell(work, StepState::kJob);
    if (!found->ended()) return false;
    RETURN_IF_ERROR(Ended(work, *found));
    return true;
  }
  // A leader that starts again may lose a job, and forgets old ones.
  ASSIGN_OR_RETURN(Judgement judgement, Ask(work));
  if (judgement.verdict == Verdict::kDone) {
    RETURN_IF_ERROR(Done(work));
    return true;
  }
  return Refused(work, Cat("job ", work.entry.job_id, " is gone, and ", judgement.why));
}

absl::Status StepRunner::Ended(Work& work, const starrocks::Job& job) {
  FAILPOINT_STATUS("revision.after_job");
  if (job.finished()) return Done(work);
  return Refused(work, Cat("its job ", job.id, " (", job.kind, ") was cancelled: ",
                           job.message.empty() ? "the engine does not say why" : job.message));
}

absl::Status StepRunner::Done(const Work& work) {
  FAILPOINT_STATUS("revision.before_outcome");
  RETURN_IF_ERROR(journal_.Done(run_, work.entry));
  FAILPOINT_STATUS("revision.after_outcome");
  Tell(work, StepState::kDone);
  return absl::OkStatus();
}

absl::Status StepRunner::Refused(const Work& work, const std::string& text) {
  RETURN_IF_ERROR(journal_.Failed(run_, work.entry, text));
  Tell(work, StepState::kFailed);
  return Error(Reason::STATEMENT_FAILED, Cat(Where(work), " failed: ", text),
               "What came before it is done and noted. Correct the cause, or the statement in its "
               "file, and run the command again: it goes on from here. `stateclient schema repair "
               "--on-failure compensate` takes back what is done of the revision.",
               {{"revision", run_.revision},
                {"statement", Cat(work.numbered.seq)},
                {"object", work.entry.object}});
}

void StepRunner::Tell(const Work& work, StepState state) const {
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

std::string StepRunner::Where(const Work& work) const {
  return Cat("statement ", work.numbered.seq, " of ", compensates_ ? "taking back " : "",
             "revision ", run_.revision, work.facts.object.empty() ? "" : " (", work.facts.object,
             work.facts.object.empty() ? "" : ")");
}

}  // namespace stateserver::revisions
