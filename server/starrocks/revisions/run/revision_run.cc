// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/revision_run.h"

#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/failpoint.h"
#include "common/json/text.h"
#include "common/text.h"
#include "common/time.h"
#include "revisions/words.h"
#include "server/platform/postgres/failpoint.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/recover.h"
#include "server/starrocks/revisions/run/stamp.h"

namespace stateserver::revisions {

std::string JsonText(std::string_view text) {
  std::string out;
  json::AppendQuoted(text, json::Charset::kUtf8, &out);
  return out;
}

operations::OperationRequest OperationOf(const WarehouseTarget& at, std::string_view kind,
                                         const std::string& id, std::string_view target,
                                         std::string_view more, const CallContext& call) {
  operations::OperationRequest request;
  request.id = id;
  request.kind = kind;
  request.arguments_json =
      Cat("{\"database\":", JsonText(at.key.database), ",\"target\":", JsonText(target), more, "}");
  request.gateway = at.key.gateway;
  request.state_schema = at.state_schema;
  operations::SetCaller(call, &request);
  return request;
}

namespace {

std::string KindName(RunRequest::Kind kind) {
  constexpr const char* kNames[] = {"schema upgrade", "schema downgrade", "schema repair"};
  return kNames[static_cast<size_t>(kind)];
}

class RevisionRun {
 public:
  RevisionRun(const RunRequest& request, const CallContext& call, const RunCallbacks& callbacks)
      : request_(request),
        call_(call),
        callbacks_(callbacks),
        pool_(*request.at.pool),
        warehouse_(request.at.warehouse, request.at.key.database,
                   {WarehouseOptions().patience, request.abandon}) {}

  absl::StatusOr<RunOutcome> Run() {
    if (request_.timeout < absl::InfiniteDuration()) deadline_ = SteadyNow() + request_.timeout;
    if (request_.dry_run) return DryRun();
    ASSIGN_OR_RETURN(
        operations::BeginOutcome begun,
        operations::Begin(
            pool_, call_,
            OperationOf(
                request_.at, KindName(request_.kind), request_.operation_id, request_.target,
                request_.compensate ? ",\"compensate\":true" : ",\"compensate\":false", call_)));
    if (begun.finished) return Replay(*std::move(begun.finished));
    absl::Status status = Work(*begun.running);
    if (status.ok()) return std::move(outcome_);
    begun.running->Fail(status);
    return status;
  }

 private:
  absl::StatusOr<RunOutcome> Replay(operations::OperationRecord record) {
    RunOutcome outcome;
    outcome.operation = std::move(record);
    ASSIGN_OR_RETURN(JournalState state, State());
    outcome.heads = state.heads;
    return outcome;
  }

  absl::StatusOr<JournalState> State() {
    ASSIGN_OR_RETURN(auto session, pool_.Acquire(call_));
    return ReadState(*session, request_.at.key);
  }

  absl::StatusOr<RevisionRunPlan> Plan(const JournalState& state) {
    PlanRequest request;
    request.kind = static_cast<PlanRequest::Kind>(request_.kind);
    request.target = request_.target;
    request.compensate = request_.kind == RunRequest::Kind::kRepair && request_.compensate;
    ASSIGN_OR_RETURN(RevisionRunPlan plan,
                     PlanRevisionRun(*request_.graph, state, request, warehouse_));
    RETURN_IF_ERROR(request_.allow(plan));
    if (!request_.version_table.off) {
      RETURN_IF_ERROR(CheckVersionTable(warehouse_, state, plan));
    }
    if (request_.plan_digest.empty() || request_.plan_digest == plan.digest) return plan;
    return Error(
        Reason::PLAN_CHANGED,
        Cat("The plan is ", plan.digest, " now, and ", request_.plan_digest,
            " was approved: files, journal or live schema have changed. Nothing was changed."),
        "Review the new plan with --dry-run, and approve it.", {{"plan_digest", plan.digest}});
  }

  absl::StatusOr<RunOutcome> DryRun() {
    ASSIGN_OR_RETURN(JournalState state, State());
    ASSIGN_OR_RETURN(RevisionRunPlan plan, Plan(state));
    if (state.lock.held) {
      plan.warnings.push_back(Cat("the warehouse is locked by ", state.lock.principal, " on ",
                                  state.lock.holder, " (operation ", state.lock.operation_id, ")"));
    }
    callbacks_.on_plan(plan);
    RunOutcome outcome;
    outcome.heads = plan.heads_after;
    return outcome;
  }

  absl::Status Work(operations::RunningOperation& operation) {
    RETURN_IF_ERROR(EnsureTables(operation.session()));
    LockOptions options{request_.at.key, operation.request().id, call_.principal,
                        request_.lock_wait, request_.lease};
    ASSIGN_OR_RETURN(lock_, WarehouseLock::Acquire(pool_, call_, options));
    journal_ = std::make_unique<JournalWriter>(pool_, request_.at.key, lock_->fencing());
    // Under the lock, no one else changes the journal.
    ASSIGN_OR_RETURN(JournalState state, State());
    ASSIGN_OR_RETURN(RevisionRunPlan plan, Plan(state));
    callbacks_.on_plan(plan);
    version_table_ = state.version_table;
    outcome_.heads = state.heads;
    if (!plan.runs.empty() && !request_.version_table.off) {
      RETURN_IF_ERROR(EnsureVersionTable(warehouse_, request_.version_table));
    }
    for (size_t i = 0; i < plan.runs.size(); ++i) {
      bool last = i + 1 == plan.runs.size();
      RETURN_IF_ERROR(RunOne(plan.runs[i], last ? &operation : nullptr));
    }
    if (plan.runs.empty() || plan.runs.back().compensate)
      return FinishOperation(operation, nullptr);
    return absl::OkStatus();
  }

  RunStart StartOf(const PlannedRun& planned) const {
    return {planned.revision->id,  planned.revision->message, planned.direction,
            request_.operation_id, call_.principal,           call_.peer};
  }

  absl::Status RunOne(const PlannedRun& planned, operations::RunningOperation* last) {
    revisions::Run run;
    if (planned.open) {
      run = *planned.open;
      bool goes_back = run.status == "compensating";
      RETURN_IF_ERROR(
          journal_->TakeOver(run, StartOf(planned), goes_back ? "compensating" : "running"));
      run.operation_id = request_.operation_id;
    } else {
      ASSIGN_OR_RETURN(run, journal_->BeginRun(StartOf(planned)));
    }
    FAILPOINT_STATUS("revision.begun");
    StepRunnerOptions options{deadline_, callbacks_.on_step, request_.assume};
    StepRunner runner(warehouse_, *journal_, *lock_, call_, options);
    if (planned.compensate) return Compensate(planned, run, runner, planned.entries, run.error);
    std::vector<NumberedStep> steps;
    for (const SqlStep& step : planned.steps()) {
      steps.push_back({static_cast<int>(steps.size()) + 1, &step});
    }
    absl::Status status = runner.Run(run, steps, planned.entries, /*compensates=*/false);
    if (status.ok()) status = Finish(planned, run, last);
    if (status.ok()) return status;
    (void)journal_->FailRun(run, "failed", std::string(MessageOf(status)));
    if (!request_.compensate || ReasonOf(status) != Reason::STATEMENT_FAILED) return status;
    return Undo(planned, run, runner, status);
  }

  absl::Status Finish(const PlannedRun& planned, const revisions::Run& run,
                      operations::RunningOperation* last) {
    RunEnd end;
    end.run = run;
    end.sum = planned.revision->sum;
    end.heads = planned.heads_after;
    std::set<std::string> touched = TouchedObjects(planned.steps());
    ASSIGN_OR_RETURN(auto live, warehouse_.Read(touched));
    for (const std::string& name : touched) {
      auto found = live.find(name);
      if (found == live.end()) {
        end.objects[name] = std::nullopt;
      } else {
        end.objects[name] =
            KnownObject{found->second.digest, found->second.statement, run.revision};
      }
    }
    end.version_table = version_table_;
    if (!request_.version_table.off) {
      RETURN_IF_ERROR(lock_->Check());
      RETURN_IF_ERROR(WriteVersionTable(warehouse_, planned.heads_after));
      end.version_table = JoinList(planned.heads_after, ",");
    }
    FAILPOINT_STATUS("revision.before_finish");
    outcome_.heads = planned.heads_after;
    outcome_.revisions += 1;
    outcome_.statements += static_cast<int>(planned.steps().size());
    if (last != nullptr) return FinishOperation(*last, &end);
    RETURN_IF_ERROR(journal_->FinishAlone(end));
    version_table_ = end.version_table;
    FAILPOINT_STATUS("revision.after_finish");
    return absl::OkStatus();
  }

  // Records the operation's success together with the last revision.
  absl::Status FinishOperation(operations::RunningOperation& operation, const RunEnd* end) {
    postgres::Session& session = operation.session();
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    if (end != nullptr) RETURN_IF_ERROR(journal_->Finish(session, *end));
    RETURN_IF_ERROR(operation.Finish(
        Cat("{\"heads\":", JsonText(JoinList(outcome_.heads)),
            ",\"revisions\":", outcome_.revisions, ",\"statements\":", outcome_.statements, "}"),
        ""));
    FAILPOINT_SESSION("revision.before_commit", pool_, session);
    absl::Status committed = session.Commit();
    ASSIGN_OR_RETURN(outcome_.operation, operation.Settle(committed));
    return absl::OkStatus();
  }

  absl::Status Undo(const PlannedRun& planned, const revisions::Run& run, StepRunner& runner,
                    const absl::Status& failure) {
    runner.WaitForJobs();
    ASSIGN_OR_RETURN(JournalState state, State());
    absl::Status status =
        Compensate(planned, run, runner, state.entries, std::string(MessageOf(failure)));
    if (!status.ok()) {
      return WithSuffix(failure,
                        Cat(" The completed statements could not be undone: ", MessageOf(status)));
    }
    return WithSuffix(failure, " The completed part of the revision was undone.");
  }

  // Once the first statement is undone, the run can only be reverted; until then it can still be
  // completed. `why` is the reason for undoing it.
  absl::Status Compensate(const PlannedRun& planned, const revisions::Run& run, StepRunner& runner,
                          const std::vector<JournalEntry>& entries, const std::string& why) {
    TakeBackOptions options{request_.assume, *lock_, call_};
    auto steps = StepsBack(*planned.revision, planned.direction, entries, warehouse_, options);
    if (!steps.ok()) {
      bool begun = run.status == "compensating";
      (void)journal_->FailRun(run, begun ? "compensating" : "failed",
                              std::string(MessageOf(steps.status())));
      return steps.status();
    }
    RETURN_IF_ERROR(journal_->FailRun(run, "compensating", why));
    RETURN_IF_ERROR(runner.Run(run, *steps, entries, /*compensates=*/true));
    outcome_.statements += static_cast<int>(steps->size());
    return journal_->EndCompensated(run, why);
  }

  const RunRequest& request_;
  const CallContext& call_;
  const RunCallbacks& callbacks_;
  postgres::Pool& pool_;
  Warehouse warehouse_;
  absl::Time deadline_ = absl::InfiniteFuture();
  std::unique_ptr<WarehouseLock> lock_;
  std::unique_ptr<JournalWriter> journal_;
  std::string version_table_;
  RunOutcome outcome_;
};

}  // namespace

absl::StatusOr<RunOutcome> RunRevisions(const RunRequest& request, const CallContext& call,
                                        const RunCallbacks& callbacks) {
  return RevisionRun(request, call, callbacks).Run();
}

}  // namespace stateserver::revisions
