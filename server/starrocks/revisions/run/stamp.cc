// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/stamp.h"

#include <memory>

#include "common/error.h"
#include "common/text.h"
#include "revisions/words.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/expected_objects.h"
#include "server/starrocks/revisions/run/revision_run.h"
#include "server/starrocks/revisions/run/version_table.h"
#include "server/starrocks/revisions/run/view_queries.h"

namespace stateserver::revisions {

namespace {

class Stamper {
 public:
  Stamper(const StampRequestOptions& request, const CallContext& call)
      : request_(request),
        call_(call),
        pool_(*request.at.pool),
        warehouse_(request.at.warehouse, request.at.key.database) {}

  // Resolves the targets.
  absl::Status Check() {
    ASSIGN_OR_RETURN(graph_, request_.read_graph());
    ASSIGN_OR_RETURN(heads_, Targets());
    ASSIGN_OR_RETURN(applied_, graph_->Ancestors(heads_));
    return absl::OkStatus();
  }

  absl::Status Stamp(operations::Change& change, StampResult* result) {
    postgres::Session& session = change.session();
    RETURN_IF_ERROR(EnsureTables(session));
    LockOptions options{request_.at.key, change.request().id, call_.principal, request_.lock_wait,
                        request_.lease};
    ASSIGN_OR_RETURN(lock_, WarehouseLock::Acquire(pool_, call_, options));
    ASSIGN_OR_RETURN(JournalState state, ReadState(session, request_.at.key));
    result->heads_before = state.heads;
    result->heads.assign(heads_.begin(), heads_.end());
    StampRecord record;
    record.heads = result->heads;
    ASSIGN_OR_RETURN(recorded_, ReadQueries(session, request_.at.key));
    RETURN_IF_ERROR(Fill(&record));
    record.version_table = state.version_table;
    if (!request_.version_table.off) {
      RETURN_IF_ERROR(EnsureVersionTable(warehouse_, request_.version_table));
      RETURN_IF_ERROR(lock_->Check());
      RETURN_IF_ERROR(WriteVersionTable(warehouse_, result->heads));
      record.version_table = JoinList(result->heads, ",");
    }
    JournalWriter journal(pool_, request_.at.key, lock_->fencing());
    for (const RecordedQuery& one : queries_) RETURN_IF_ERROR(journal.RecordQuery(one));
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    RunStart start;
    start.revision = result->heads.empty() ? "base" : JoinList(result->heads);
    start.direction = Direction::kStamp;
    start.operation_id = change.request().id;
    start.principal = call_.principal;
    start.peer = call_.peer;
    return journal.Stamp(session, record, start);
  }

 private:
  absl::StatusOr<Ids> Targets() const {
    Ids ids;
    for (const std::string& target : request_.targets) {
      if (target == "base") continue;
      if (target == "heads") {
        for (const std::string& head : graph_->Heads()) ids.insert(head);
        continue;
      }
      ASSIGN_OR_RETURN(const Revision* revision, graph_->Find(target));
      ids.insert(revision->id);
    }
    return graph_->Heads(ids);
  }

  absl::Status Fill(StampRecord* record) {
    std::set<std::string> touched;
    std::map<std::string, std::string> owner;
    ExpectedObjects expected;
    GivenQueries given(warehouse_.database());
    for (const Revision& revision : graph_->all()) {
      if (!applied_.contains(revision.id)) continue;
      record->applied[revision.id] = revision.sum;
      expected.Add(revision);
      given.Add(revision.upgrade, revision.id);
      for (const std::string& name : TouchedObjects(revision.upgrade)) {
        touched.insert(name);
        owner[name] = revision.id;
      }
    }
    ASSIGN_OR_RETURN(auto live, warehouse_.Read(touched));
    RETURN_IF_ERROR(RecordQueries(given));
    if (!request_.force && !touched.empty()) RETURN_IF_ERROR(Compare(expected, live));
    for (const auto& [name, object] : live) {
      record->objects[name] = {object.digest, object.statement, owner[name]};
    }
    return absl::OkStatus();
  }

  // Finds out which queries the engine shows as they are in the live schema.
  absl::Status RecordQueries(const GivenQueries& given) {
    if (given.all().empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(schema::LiveSchema live, warehouse_.Inspect(given.Names()));
    RETURN_IF_ERROR(lock_->Check());
    ASSIGN_OR_RETURN(queries_, ConfirmRecords(given, live, recorded_, warehouse_));
    for (const RecordedQuery& one : queries_) recorded_.insert(one.digests);
    return absl::OkStatus();
  }

  absl::Status Compare(const ExpectedObjects& expected,
                       const std::map<std::string, LiveObjectState>& live) {
    constexpr size_t kMostLines = 20;
    ASSIGN_OR_RETURN(schema::Engine engine, warehouse_.QueryEngine());
    std::vector<std::string> differences =
        expected.Differences(live, engine, request_.at.key.database, recorded_);
    if (differences.empty()) return absl::OkStatus();
    std::string text = "The live schema is not what these revisions leave:";
    for (size_t i = 0; i < differences.size() && i < kMostLines; ++i) {
      AppendTo(&text, "\n", differences[i]);
    }
    if (differences.size() > kMostLines) {
      AppendTo(&text, "\nand ", differences.size() - kMostLines, " more");
    }
    return Error(Reason::NOT_AT_HEAD, text,
                 "Stamp the revisions that were applied there, or use `force`.",
                 {{"objects", Cat(differences.size())}});
  }

  const StampRequestOptions& request_;
  const CallContext& call_;
  postgres::Pool& pool_;
  Warehouse warehouse_;
  std::unique_ptr<WarehouseLock> lock_;
  std::shared_ptr<const Graph> graph_;
  Ids heads_, applied_;
  schema::query::RecordedQueries recorded_;
  std::vector<RecordedQuery> queries_;  // to be recorded
};

}  // namespace

absl::StatusOr<operations::Outcome<StampResult>> RunStamp(const StampRequestOptions& request,
                                                          const CallContext& call) {
  Stamper stamper(request, call);
  return operations::RunChange<StampResult>(
      *request.at.pool, call,
      ChangeRequestOf(request.at, "schema stamp", request.operation_id, JoinList(request.targets)),
      [&](postgres::Session&) { return stamper.Check(); },
      [&](operations::Change& change, StampResult* result) {
        return stamper.Stamp(change, result);
      });
}

}  // namespace stateserver::revisions
