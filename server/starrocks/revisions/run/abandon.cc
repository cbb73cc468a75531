// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/abandon.h"

#include <memory>
#include <utility>

#include "common/error.h"
#include "common/failpoint.h"
#include "common/text.h"
#include "revisions/words.h"
#include "server/starrocks/revisions/run/version_table.h"

namespace stateserver::revisions {

namespace {

class AbandonedRun {
 public:
  AbandonedRun(const RunRequest& request, const CallContext& call,
               const std::function<void(const AbandonPlan&)>& on_plan)
      : request_(request),
        call_(call),
        on_plan_(on_plan),
        pool_(*request.at.pool),
        warehouse_(request.at.warehouse, request.at.key.database,
                   {WarehouseOptions().patience, request.abandon}) {}

  // The files only say which statements were not begun, so those that cannot be read are no
  // obstacle.
  absl::Status ReadFiles() {
    absl::StatusOr<std::shared_ptr<const Graph>> graph = request_.read_graph();
    if (graph.ok()) {
      graph_ = *std::move(graph);
      return absl::OkStatus();
    }
    if (ReasonOf(graph.status()) != Reason::REVISION_INVALID) return graph.status();
    files_warning_ = Cat("the files cannot be read: ", MessageOf(graph.status()));
    return absl::OkStatus();
  }

  absl::Status DryRun(RunResult* result) {
    ASSIGN_OR_RETURN(AbandonPlan plan, Plan(result));
    if (state_.lock.held) plan.warnings.push_back(HeldText(state_.lock));
    on_plan_(plan);
    return absl::OkStatus();
  }

  absl::Status Abandon(operations::Change& change, RunResult* result) {
    RETURN_IF_ERROR(EnsureTables(change.session()));
    LockOptions options{request_.at.key, change.request().id, call_.principal, request_.lock_wait,
                        request_.lease};
    ASSIGN_OR_RETURN(lock_, WarehouseLock::Acquire(pool_, call_, options));
    ASSIGN_OR_RETURN(AbandonPlan plan, Plan(result));
    on_plan_(plan);
    FAILPOINT_STATUS("revision.before_abandon");
    std::string version_table = state_.version_table;
    if (write_table_) {
      RETURN_IF_ERROR(lock_->Check());
      RETURN_IF_ERROR(WriteVersionTable(warehouse_, state_.heads));
      version_table = JoinList(state_.heads, ",");
    }
    FAILPOINT_STATUS("revision.before_abandon_record");
    return Record(plan, version_table, change.session());
  }

 private:
  absl::Status ReadJournal() {
    ASSIGN_OR_RETURN(auto session, pool_.Acquire(call_));
    ASSIGN_OR_RETURN(state_, ReadState(*session, request_.at.key));
    ASSIGN_OR_RETURN(known_, ReadObjects(*session, request_.at.key));
    return absl::OkStatus();
  }

  absl::StatusOr<AbandonPlan> Plan(RunResult* result) {
    RETURN_IF_ERROR(ReadJournal());
    ASSIGN_OR_RETURN(AbandonPlan plan, PlanAbandon(graph_.get(), state_, known_, warehouse_));
    if (!files_warning_.empty()) plan.warnings.insert(plan.warnings.begin(), files_warning_);
    if (!request_.version_table.off) {
      ASSIGN_OR_RETURN(write_table_, CheckAbandonedVersionTable(warehouse_, state_));
    }
    result->heads = state_.heads;
    RETURN_IF_ERROR(CheckApproved(request_.plan_digest, plan.digest, "journal"));
    return plan;
  }

  absl::Status Record(const AbandonPlan& plan, const std::string& version_table,
                      postgres::Session& session) {
    Abandonment record;
    record.run = plan.run;
    for (const EndedEntry& one : plan.entries) {
      if (one.was_open) record.entries.push_back(one.entry);
    }
    record.error = AbandonText(plan);
    record.heads = state_.heads;
    record.version_table = version_table;
    RunStart start;
    start.operation_id = request_.operation_id;
    start.principal = call_.principal;
    start.peer = call_.peer;
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    JournalWriter journal(pool_, request_.at.key, lock_->fencing());
    return journal.Abandon(session, record, start);
  }

  const RunRequest& request_;
  const CallContext& call_;
  const std::function<void(const AbandonPlan&)>& on_plan_;
  postgres::Pool& pool_;
  Warehouse warehouse_;
  std::unique_ptr<WarehouseLock> lock_;
  std::shared_ptr<const Graph> graph_;
  std::string files_warning_;
  JournalState state_;
  std::map<std::string, KnownObject> known_;
  bool write_table_ = false;
};

}  // namespace

absl::StatusOr<operations::Outcome<RunResult>> AbandonRun(
    const RunRequest& request, const CallContext& call,
    const std::function<void(const AbandonPlan&)>& on_plan) {
  operations::ChangeRequest change = ChangeRequestOf(
      request.at, OperationKind(RunKind::kRepair), request.operation_id, "", R"(,"abandon":true)");
  change.dry_run = request.dry_run;
  AbandonedRun run(request, call, on_plan);
  return operations::RunChange<RunResult>(
      *request.at.pool, call, std::move(change),
      [&](postgres::Session&) { return run.ReadFiles(); },
      [&](operations::Change& begun, RunResult* result) {
        return request.dry_run ? run.DryRun(result) : run.Abandon(begun, result);
      });
}

}  // namespace stateserver::revisions
