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
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/gate.h"
#include "server/starrocks/revisions/run/recover.h"
#include "server/starrocks/revisions/run/version_table.h"
#include "server/starrocks/revisions/run/view_queries.h"

namespace stateserver::revisions {

operations::ChangeRequest ChangeRequestOf(const WarehouseTarget& at, std::string_view kind,
                                          const std::string& id, std::string_view target,
                                          std::string_view more) {
  operations::ChangeRequest request;
  request.operation.id = id;
  request.operation.kind = kind;
  request.operation.arguments_json = Cat(R"({"database":)", json::Quoted(at.key.database),
                                         R"(,"target":)", json::Quoted(target), more, "}");
  request.operation.gateway = at.key.gateway;
  request.operation.state_schema = at.state_schema;
  return request;
}

absl::Status CheckApproved(const std::string& approved, const std::string& digest,
                           std::string_view sources) {
  if (approved.empty() || approved == digest) return absl::OkStatus();
  return Error(Reason::PLAN_CHANGED,
               Cat("The plan is ", digest, " now, and ", approved, " was approved: ", sources,
                   " or live schema have changed. Nothing was changed."),
               "Review the new plan with `dry_run`, and approve it.", {{"plan_digest", digest}});
}

std::string HeldText(const LockState& lock) {
  return Cat("the warehouse is locked by ", lock.principal, " on ", lock.holder, " (operation ",
             lock.operation_id, ")");
}

namespace {

class RevisionRun {
 public:
  RevisionRun(const RunRequest& request, const CallContext& call, const RunCallbacks& callbacks)
      : request_(request),
        call_(call),
        callbacks_(callbacks),
        pool_(*request.at.pool),
        warehouse_(request.at.warehouse, request.at.key.database,
                   {WarehouseOptions().patience, request.abandon}) {}

  absl::StatusOr<operations::Outcome<RunResult>> Execute() {
    if (request_.timeout < absl::InfiniteDuration()) deadline_ = SteadyNow() + request_.timeout;
    operations::ChangeRequest change = ChangeRequestOf(
        request_.at, OperationKind(request_.kind), request_.operation_id, request_.target,
        request_.compensate ? ",\"compensate\":true" : ",\"compensate\":false");
    change.dry_run = request_.dry_run;
    ASSIGN_OR_RETURN(change_,
                     operations::Change::Begin(pool_, call_, std::move(change),
                                               [this](postgres::Session&) { return ReadFiles(); }));
    operations::Outcome<RunResult> outcome;
    if (change_->replayed() != nullptr) {
      outcome.replayed = true;
      outcome.operation = *change_->replayed();
      ASSIGN_OR_RETURN(outcome.result, change_->ReplayedResult<RunResult>());
      return outcome;
    }
    absl::Status status = request_.dry_run ? DryRun() : Work();
    if (!status.ok()) return change_->Fail(status);
    outcome.operation = std::move(record_);
    outcome.result = std::move(result_);
    return outcome;
  }

 private:
  absl::Status ReadFiles() {
    ASSIGN_OR_RETURN(graph_, request_.read_graph());
    return absl::OkStatus();
  }

  absl::StatusOr<JournalState> State() {
    ASSIGN_OR_RETURN(auto session, pool_.Acquire(call_));
    return ReadState(*session, request_.at.key);
  }

  absl::StatusOr<RevisionRunPlan> Plan(const JournalState& state) {
    PlanRequest request;
    request.kind = request_.kind;
    request.target = request_.target;
    request.compensate = request_.kind == RunKind::kRepair && request_.compensate;
    WorkMeter meter([this] { return call_.Check(); });
    request.meter = &meter;
    if (request_.kind == RunKind::kUpgrade) {
      request.check_role = [this](const RevisionRunPlan& plan) {
        auto why = FindDestructive(plan);
        return why ? request_.allow_destructive(*why) : absl::OkStatus();
      };
    }
    ASSIGN_OR_RETURN(RevisionRunPlan plan, PlanRevisionRun(*graph_, state, request, warehouse_));
    if (!request_.version_table.off) {
      RETURN_IF_ERROR(CheckVersionTable(warehouse_, state, plan));
    }
    if (!plan.unapproved.empty() && request_.plan_digest.empty() && !request_.dry_run) {
      return Error(Reason::STATEMENT_FAILED, Cat("Nothing was changed: ", plan.unapproved, "."),
                   "Review the plan with `dry_run`, and approve it by its digest in "
                   "`plan_digest`, or move the statement that destroys data to a later revision.",
                   {{"unknown", plan.digest}});
    }
    RETURN_IF_ERROR(CheckApproved(request_.plan_digest, plan.digest, "files, journal"));
    return plan;
  }

  absl::Status DryRun() {
    ASSIGN_OR_RETURN(JournalState state, State());
    ASSIGN_OR_RETURN(RevisionRunPlan plan, Plan(state));
    if (state.lock.held) plan.warnings.push_back(HeldText(state.lock));
    callbacks_.on_plan(plan);
    result_.heads = plan.heads_after;
    return absl::OkStatus();
  }

  absl::Status Work() {
    RETURN_IF_ERROR(EnsureTables(change_->session()));
    LockOptions options{request_.at.key, change_->request().id, call_.principal, request_.lock_wait,
                        request_.lease};
    ASSIGN_OR_RETURN(lock_, WarehouseLock::Acquire(pool_, call_, options));
    journal_ = std::make_unique<JournalWriter>(pool_, request_.at.key, lock_->fencing());
    // Under the lock, no one else changes the journal.
    ASSIGN_OR_RETURN(JournalState state, State());
    ASSIGN_OR_RETURN(RevisionRunPlan plan, Plan(state));
    callbacks_.on_plan(plan);
    version_table_ = state.version_table;
    result_.heads = state.heads;
    if (!plan.runs.empty() && !request_.version_table.off) {
      RETURN_IF_ERROR(EnsureVersionTable(warehouse_, request_.version_table));
    }
    for (size_t i = 0; i < plan.runs.size(); ++i) {
      bool last = i + 1 == plan.runs.size();
      RETURN_IF_ERROR(RunOne(plan.runs[i], last));
    }
    if (plan.runs.empty() || plan.runs.back().compensate) return Commit(nullptr);
    return absl::OkStatus();
  }

  RunStart StartOf(const PlannedRun& planned) const {
    return {planned.revision->id,  planned.revision->message, planned.direction,
            request_.operation_id, call_.principal,           call_.peer};
  }

  absl::Status RunOne(const PlannedRun& planned, bool last) {
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
    absl::Status status = runner.Execute(run, steps, planned.entries, /*compensates=*/false);
    if (status.ok()) status = Finish(planned, run, last);
    if (status.ok()) return status;
    (void)journal_->FailRun(run, "failed", std::string(MessageOf(status)));
    if (!request_.compensate || ReasonOf(status) != Reason::STATEMENT_FAILED) return status;
    return Undo(planned, run, runner, status);
  }

  absl::Status Finish(const PlannedRun& planned, const revisions::Run& run, bool last) {
    RunEnd end;
    end.run = run;
    end.sum = planned.revision->sum;
    end.heads = planned.heads_after;
    std::set<std::string> touched = TouchedObjects(planned.steps());
    ASSIGN_OR_RETURN(auto live, ReadTouched(planned, touched));
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
    result_.heads = planned.heads_after;
    result_.revisions += 1;
    result_.statements += static_cast<int>(planned.steps().size());
    if (last) return Commit(&end);
    RETURN_IF_ERROR(journal_->FinishAlone(end));
    version_table_ = end.version_table;
    FAILPOINT_STATUS("revision.after_finish");
    return absl::OkStatus();
  }

  // Also records the queries of views whose statements were completed by another server, or just
  // before a crash.
  absl::StatusOr<std::map<std::string, LiveObjectState>> ReadTouched(
      const PlannedRun& planned, const std::set<std::string>& touched) {
    GivenQueries given(warehouse_.database());
    given.Add(planned.steps(), planned.revision->id);
    if (given.all().empty()) return warehouse_.Read(touched);
    std::set<std::string> names = given.Names();
    names.insert(touched.begin(), touched.end());
    ASSIGN_OR_RETURN(schema::LiveSchema live, warehouse_.Inspect(names));
    ASSIGN_OR_RETURN(schema::query::RecordedQueries recorded, Recorded());
    RETURN_IF_ERROR(lock_->Check());
    ASSIGN_OR_RETURN(auto records, ConfirmRecords(given, live, recorded, warehouse_));
    for (const RecordedQuery& one : records) RETURN_IF_ERROR(journal_->RecordQuery(one));
    return StatesOf(live, touched);
  }

  absl::StatusOr<schema::query::RecordedQueries> Recorded() {
    ASSIGN_OR_RETURN(auto session, pool_.Acquire(call_));
    return ReadQueries(*session, request_.at.key);
  }

  // Records the operation's success together with the last revision.
  absl::Status Commit(const RunEnd* end) {
    postgres::Session& session = change_->session();
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    if (end != nullptr) RETURN_IF_ERROR(journal_->Finish(session, *end));
    ASSIGN_OR_RETURN(record_, change_->Commit(result_));
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

  // Returns an error, before anything is undone, if the engine would refuse a statement, or if one
  // that destroys data is before one that is not known and the caller has not approved this.
  absl::Status CheckBack(const PlannedRun& planned, const std::vector<NumberedStep>& steps,
                         const std::vector<JournalEntry>& entries) {
    std::vector<SqlStep> back;
    for (const NumberedStep& one : steps) back.push_back(*one.step);
    std::set<std::string> names = NamesOf(back, warehouse_.database());
    if (names.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(Surroundings around, InspectSurroundings(names, warehouse_));
    std::string unapproved;
    RETURN_IF_ERROR(CheckUndo(around, *planned.revision, steps, entries, &unapproved));
    // An approved upgrade is no approval of what undoes it.
    bool approved = planned.compensate && !request_.plan_digest.empty();
    if (unapproved.empty() || approved) return absl::OkStatus();
    return Error(Reason::STATEMENT_FAILED, Cat("Nothing was undone: ", unapproved, "."),
                 "Review the undo with Downgrade and `dry_run`, and approve it by its digest in "
                 "`plan_digest`, or finish the revision with Repair.",
                 {{"revision", planned.revision->id}});
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
    RETURN_IF_ERROR(CheckBack(planned, *steps, entries));
    RETURN_IF_ERROR(journal_->FailRun(run, "compensating", why));
    RETURN_IF_ERROR(runner.Execute(run, *steps, entries, /*compensates=*/true));
    result_.statements += static_cast<int>(steps->size());
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
  std::shared_ptr<const Graph> graph_;
  std::unique_ptr<operations::Change> change_;
  operations::OperationRecord record_;
  RunResult result_;
};

}  // namespace

std::string OperationKind(RunKind kind) {
  constexpr const char* kNames[] = {"schema upgrade", "schema downgrade", "schema repair"};
  return kNames[static_cast<size_t>(kind)];
}

absl::StatusOr<operations::Outcome<RunResult>> RunRevisions(const RunRequest& request,
                                                            const CallContext& call,
                                                            const RunCallbacks& callbacks) {
  return RevisionRun(request, call, callbacks).Execute();
}

}  // namespace stateserver::revisions
