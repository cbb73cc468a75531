// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/stamp.h"

#include <algorithm>
#include <memory>

#include "common/error.h"
#include "common/text.h"
#include "revisions/words.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/revision_run.h"

namespace stateserver::revisions {

namespace {

std::string Value(const std::string& text) { return starrocks::QuotedText(text); }

std::vector<std::string> Sorted(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  return list;
}

std::string Words(const std::vector<std::string>& heads) {
  return heads.empty() ? "nothing" : JoinList(heads);
}

}  // namespace

absl::StatusOr<std::optional<std::vector<std::string>>> ReadVersionTable(Warehouse& warehouse) {
  ASSIGN_OR_RETURN(starrocks::Rows tables,
                   warehouse.Query(Cat(
                       "SELECT TABLE_NAME FROM information_schema.tables WHERE TABLE_SCHEMA = ",
                       Value(warehouse.database()), " AND TABLE_NAME = ", Value(kVersionTable))));
  if (tables.rows.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(starrocks::Rows rows,
                   warehouse.Query(Cat("SELECT version_num FROM ", kVersionTable)));
  std::vector<std::string> out;
  for (size_t i = 0; i < rows.rows.size(); ++i) out.push_back(rows.Text(i, "version_num"));
  return Sorted(std::move(out));
}

absl::Status EnsureVersionTable(Warehouse& warehouse, const VersionTableOptions& options) {
  ASSIGN_OR_RETURN(auto there, ReadVersionTable(warehouse));
  if (there) return absl::OkStatus();
  std::string properties;
  for (const auto& [key, value] : options.properties) {
    AppendTo(&properties, properties.empty() ? " PROPERTIES (" : ", ", Value(key), " = ",
             Value(value));
  }
  if (!properties.empty()) properties.push_back(')');
  absl::Status made = warehouse.Execute(
      Cat("CREATE TABLE IF NOT EXISTS ", kVersionTable,
          " (id BIGINT NOT NULL AUTO_INCREMENT, version_num VARCHAR(32) NOT NULL) PRIMARY KEY (id)"
          " DISTRIBUTED BY HASH(id)",
          properties));
  if (made.ok() || IsLost(made)) return made;
  return Error(Reason::STATEMENT_FAILED,
               Cat("The table alembic_version cannot be created: ", std::string(made.message())),
               "Use --version-table-property replication_num=1 for a single backend, or "
               "--no-version-table to do without the table.");
}

absl::Status WriteVersionTable(Warehouse& warehouse, const std::vector<std::string>& heads) {
  ASSIGN_OR_RETURN(auto there, ReadVersionTable(warehouse));
  std::vector<std::string> rows = there.value_or(std::vector<std::string>()),
                           wanted = Sorted(heads);
  std::vector<std::string> old, fresh;
  std::set_difference(rows.begin(), rows.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(old));
  std::set_difference(wanted.begin(), wanted.end(), rows.begin(), rows.end(),
                      std::back_inserter(fresh));
  for (size_t i = 0; i < std::max(old.size(), fresh.size()); ++i) {
    std::string sql;
    if (i < old.size() && i < fresh.size()) {
      sql = Cat("UPDATE ", kVersionTable, " SET version_num = ", Value(fresh[i]),
                " WHERE version_num = ", Value(old[i]));
    } else if (i < old.size()) {
      sql = Cat("DELETE FROM ", kVersionTable, " WHERE version_num = ", Value(old[i]));
    } else {
      sql = Cat("INSERT INTO ", kVersionTable, " (version_num) VALUES (", Value(fresh[i]), ")");
    }
    RETURN_IF_ERROR(warehouse.Execute(sql));
  }
  return absl::OkStatus();
}

absl::Status CheckVersionTable(Warehouse& warehouse, const JournalState& state,
                               const RevisionRunPlan& plan) {
  ASSIGN_OR_RETURN(auto there, ReadVersionTable(warehouse));
  if (!there) return absl::OkStatus();
  bool fits = *there == Sorted(state.heads) || *there == Sorted(SplitList(state.version_table));
  if (state.open && !plan.runs.empty()) {
    fits = fits || *there == Sorted(plan.runs.front().heads_after);
  }
  if (fits) return absl::OkStatus();
  return Error(
      Reason::VERSION_TABLE_DIFFERS,
      Cat("The table alembic_version is at ", Words(*there), ", and the journal at ",
          Words(state.heads), ": Alembic or another program has changed the schema since then."),
      state.heads.empty() ? "Convert the project with `stateclient schema init --from-alembic`, or "
                            "record its revision with `stateclient schema stamp`."
                          : "Write a revision of what Alembic did with `stateclient schema check "
                            "--drift --adopt`, or record the schema's revision with `stateclient "
                            "schema stamp`; --no-version-table ignores the table.",
      {{"alembic", JoinList(*there)}, {"journal", JoinList(state.heads)}});
}

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
