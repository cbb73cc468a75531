// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/stamp.h"

#include <memory>

#include "common/error.h"
#include "common/text.h"
#include "revisions/words.h"
#include "server/starrocks/revisions/journal/read.h"
#include "server/starrocks/revisions/journal/tables.h"
#include "server/starrocks/revisions/journal/writer.h"
#include "server/starrocks/revisions/run/operation.h"
#include "server/starrocks/revisions/run/version_table.h"

namespace stateserver::revisions {
namespace {

class Stamper {
 public:
  Stamper(const StampRequestOptions& request, const CallContext& call)
      : request_(request),
        call_(call),
        pool_(*request.at.pool),
        warehouse_(request.at.warehouse, request.at.key.database) {}

  absl::StatusOr<StampOutcome> Run() {
    ASSIGN_OR_RETURN(Ids heads, Targets());
    ASSIGN_OR_RETURN(applied_, request_.graph->Ancestors(heads));
    outcome_.heads.assign(heads.begin(), heads.end());
    ASSIGN_OR_RETURN(
        operations::BeginOutcome begun,
        operations::Begin(pool_, call_,
                          OperationOf(request_.at, "schema stamp", request_.operation_id,
                                      JoinList(request_.targets), "", call_)));
    if (begun.finished) {
      outcome_.operation = *std::move(begun.finished);
      return std::move(outcome_);
    }
    absl::Status status = Work(*begun.running);
    if (status.ok()) return std::move(outcome_);
    begun.running->Fail(status);
    return status;
  }

 private:
  absl::StatusOr<Ids> Targets() const {
    Ids ids;
    for (const std::string& target : request_.targets) {
      if (target == "base") continue;
      if (target == "heads") {
        for (const std::string& head : request_.graph->Heads()) ids.insert(head);
        continue;
      }
      ASSIGN_OR_RETURN(const Revision* revision, request_.graph->Find(target));
      ids.insert(revision->id);
    }
    return request_.graph->Heads(ids);
  }

  absl::Status Work(operations::RunningOperation& operation) {
    postgres::Session& session = operation.session();
    RETURN_IF_ERROR(EnsureTables(session));
    LockOptions options{request_.at.key, operation.request().id, call_.principal,
                        request_.lock_wait, request_.lease};
    ASSIGN_OR_RETURN(lock_, WarehouseLock::Acquire(pool_, call_, options));
    ASSIGN_OR_RETURN(JournalState state, ReadState(session, request_.at.key));
    outcome_.heads_before = state.heads;
    StampRecord record;
    record.heads = outcome_.heads;
    RETURN_IF_ERROR(Fill(&record));
    record.version_table = state.version_table;
    if (!request_.version_table.off) {
      RETURN_IF_ERROR(EnsureVersionTable(warehouse_, request_.version_table));
      RETURN_IF_ERROR(lock_->Check());
      RETURN_IF_ERROR(WriteVersionTable(warehouse_, outcome_.heads));
      record.version_table = JoinList(outcome_.heads, ",");
    }
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    JournalWriter journal(pool_, request_.at.key, lock_->fencing());
    RunStart start;
    start.revision = outcome_.heads.empty() ? "base" : JoinList(outcome_.heads);
    start.direction = Direction::kStamp;
    start.operation_id = request_.operation_id;
    start.principal = call_.principal;
    start.peer = call_.peer;
    RETURN_IF_ERROR(journal.Stamp(session, record, start));
    RETURN_IF_ERROR(
        operation.Finish(Cat("{\"heads\":", JsonText(JoinList(outcome_.heads)), "}"), ""));
    absl::Status committed = session.Commit();
    ASSIGN_OR_RETURN(outcome_.operation, operation.Settle(committed));
    return absl::OkStatus();
  }

  absl::Status Fill(StampRecord* record) {
    std::set<std::string> touched;
    std::map<std::string, std::string> owner;
    for (const Revision& revision : request_.graph->all()) {
      if (!applied_.contains(revision.id)) continue;
      record->applied[revision.id] = revision.sum;
      for (const std::string& name : TouchedObjects(revision.upgrade)) {
        touched.insert(name);
        owner[name] = revision.id;
      }
    }
    ASSIGN_OR_RETURN(auto live, warehouse_.Read(touched));
    for (const auto& [name, object] : live) {
      record->objects[name] = {object.digest, object.statement, owner[name]};
    }
    return absl::OkStatus();
  }

  const StampRequestOptions& request_;
  const CallContext& call_;
  postgres::Pool& pool_;
  Warehouse warehouse_;
  std::unique_ptr<WarehouseLock> lock_;
  Ids applied_;
  StampOutcome outcome_;
};

}  // namespace

absl::StatusOr<StampOutcome> RunStamp(const StampRequestOptions& request, const CallContext& call) {
  return Stamper(request, call).Run();
}

}  // namespace stateserver::revisions
