// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/starrocks/revision_service.h"

#include "common/error.h"
#include "server/rpc/list_page.h"
#include "server/rpc/operations/convert.h"
#include "server/rpc/starrocks/revision_autogenerate_method.h"
#include "server/rpc/starrocks/revision_convert.h"
#include "server/rpc/starrocks/revision_run_methods.h"
#include "server/rpc/starrocks/revision_target.h"
#include "server/rpc/starrocks/schema_convert.h"
#include "server/starrocks/revisions/drift.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/stamp.h"

namespace stateserver::rpc {
namespace {

absl::StatusOr<std::unique_ptr<postgres::Session>> OpenJournal(const RevisionScope& scope,
                                                               const CallContext& call) {
  return scope.target.pool->Acquire(call);
}

absl::Status SendStatus(const RevisionScope& scope, bool live, const CallContext& call,
                        CallNotes& notes, grpc::ServerWriter<v1::GetStatusResponse>* writer) {
  ASSIGN_OR_RETURN(auto session, OpenJournal(scope, call));
  ASSIGN_OR_RETURN(revisions::JournalState state, ReadState(*session, scope.target.key));
  session.reset();
  v1::GetStatusResponse out;
  out.set_gateway(scope.target.key.gateway);
  out.set_database(scope.target.key.database);
  for (const std::string& head : state.heads) out.add_heads(head);
  for (const auto& [revision, sum] : state.applied) {
    v1::AppliedRevision* applied = out.add_applied();
    applied->set_revision(revision);
    applied->set_sum(sum);
  }
  if (state.lock.held) *out.mutable_lock() = ToProto(state.lock);
  if (live) {
    revisions::Warehouse warehouse(scope.target.warehouse, scope.target.key.database,
                                   {absl::ZeroDuration(), call.cancelled});
    ASSIGN_OR_RETURN(auto alembic, ReadVersionTable(warehouse));
    out.set_has_version_table(alembic.has_value());
    if (alembic) *out.mutable_alembic_heads() = {alembic->begin(), alembic->end()};
  }
  if (state.open) *out.mutable_open_run() = OpenRunToProto(*state.open);
  size_t bytes = 0;
  for (const revisions::JournalEntry& entry : state.entries) {
    v1::JournalEntry one = ToProto(entry);
    bytes += one.ByteSizeLong();
    *out.mutable_open_run()->add_entries() = std::move(one);
    if (bytes < kMessageBytes) continue;
    Deliver(writer, out, notes);
    out.Clear();
    bytes = 0;
  }
  Deliver(writer, out, notes);
  return absl::OkStatus();
}

// HistoryWriter sends runs in pieces.
class HistoryWriter {
 public:
  HistoryWriter(grpc::ServerWriter<v1::GetHistoryResponse>* writer, CallNotes& notes)
      : writer_(writer), notes_(notes) {}

  void Add(const revisions::Run& run, const std::vector<revisions::JournalEntry>& entries) {
    v1::RevisionRun* one = Begin(run);
    for (const revisions::JournalEntry& entry : entries) {
      if (bytes_ >= kMessageBytes) {
        Flush();
        one = Begin(run);
      }
      v1::JournalEntry message = ToProto(entry);
      bytes_ += message.ByteSizeLong();
      *one->add_entries() = std::move(message);
    }
    if (bytes_ >= kMessageBytes) Flush();
  }
  void End(const std::string& next_page_token) {
    piece_.set_next_page_token(next_page_token);
    Flush();
  }

 private:
  v1::RevisionRun* Begin(const revisions::Run& run) {
    v1::RevisionRun* one = piece_.add_runs();
    *one = ToProto(run);
    bytes_ += one->ByteSizeLong();
    return one;
  }
  void Flush() {
    Deliver(writer_, piece_, notes_);
    piece_.Clear();
    bytes_ = 0;
  }

  grpc::ServerWriter<v1::GetHistoryResponse>* const writer_;
  CallNotes& notes_;
  v1::GetHistoryResponse piece_;
  size_t bytes_ = 0;
};

absl::Status SendHistory(const RevisionScope& scope, const v1::GetHistoryRequest& request,
                         const CallContext& call, CallNotes& notes,
                         grpc::ServerWriter<v1::GetHistoryResponse>* writer) {
  ASSIGN_OR_RETURN(auto session, OpenJournal(scope, call));
  revisions::RunPageOptions options{request.page_size(), request.page_token(), request.revision(),
                                    request.entries()};
  ASSIGN_OR_RETURN(revisions::RunPage page, ReadRuns(*session, scope.target.key, options));
  HistoryWriter out(writer, notes);
  for (const revisions::Run& run : page.runs) out.Add(run, page.entries[run.id]);
  out.End(page.next_page_token);
  return absl::OkStatus();
}

absl::Status SendDrift(const RevisionScope& scope, telemetry::Metrics& metrics,
                       const CallContext& call, CallNotes& notes,
                       grpc::ServerWriter<v1::CheckDriftResponse>* writer) {
  ASSIGN_OR_RETURN(auto session, OpenJournal(scope, call));
  ASSIGN_OR_RETURN(revisions::JournalState state, ReadState(*session, scope.target.key));
  ASSIGN_OR_RETURN(auto known, ReadObjects(*session, scope.target.key));
  session.reset();
  ASSIGN_OR_RETURN(schema::LiveSchema live, ReadLive(scope.schema, nullptr, call));
  ASSIGN_OR_RETURN(revisions::Drift drift, FindDrift(live, known));
  notes.Add("drifted", static_cast<int64_t>(drift.drifted.size()));
  metrics.SetDrift(scope.target.key.gateway, static_cast<int64_t>(drift.drifted.size()));
  v1::CheckDriftResponse response;
  *response.mutable_engine() = ToProto(live.engine, live.database);
  for (const std::string& head : state.heads) response.add_heads(head);
  response.set_managed(static_cast<int32_t>(known.size()));
  for (const std::string& name : drift.drifted) response.add_drifted(name);
  for (const auto& one : drift.back.refusals) *response.add_refusals() = ToProto(one);
  for (const auto& one : drift.back.warnings) *response.add_warnings() = ToProto(one);
  Deliver(writer, response, notes);
  for (const schema::Step& step : drift.back.steps) {
    response.Clear();
    *response.add_steps() = ToProto(step);
    Deliver(writer, response, notes);
  }
  return absl::OkStatus();
}

absl::Status DoStamp(const ServiceContext& context, grpc::ServerReader<v1::StampRequest>* reader,
                     v1::StampResponse* response, CallContext& call, CallNotes& notes) {
  v1::StampRequest message;
  ASSIGN_OR_RETURN(bool begun, Receive(reader, &message, notes));
  if (!begun || !message.has_begin()) {
    return StreamOutOfOrder("The first message of Stamp is not its begin");
  }
  v1::StampBegin begin = message.begin();
  ASSIGN_OR_RETURN(RevisionScope scope,
                   FindRevisionScope(context, begin.scope(),
                                     {auth::Action::kStamp, begin.operation_id()}, call, notes));
  ServiceLimits limits = context.limits();
  revisions::StampRequestOptions request;
  request.at = scope.target;
  ASSIGN_OR_RETURN(request.read_graph,
                   ReceiveFiles<v1::StampRequest>(context, scope, reader, call, notes));
  request.targets.assign(begin.targets().begin(), begin.targets().end());
  request.operation_id = begin.operation_id();
  request.lock_wait = LockWait(begin.lock_wait_ms(), limits);
  request.lease = limits.schema_lock_lease;
  request.version_table = FromProto(begin.version_table());
  ASSIGN_OR_RETURN(auto outcome, RunStamp(request, call));
  context.rpc.metrics.OperationSucceeded(scope.target.key.gateway, "schema stamp");
  *response->mutable_operation() = ToProto(outcome.operation);
  for (const std::string& head : outcome.result.heads_before) response->add_heads_before(head);
  for (const std::string& head : outcome.result.heads) response->add_heads(head);
  return absl::OkStatus();
}

}  // namespace

grpc::Status RevisionServiceImpl::Autogenerate(grpc::ServerContext* call,
                                               AutogenerateStream* stream) {
  return RunCall(call, "Autogenerate", context_.rpc, [&](CallContext& context, CallNotes& notes) {
    return ServeAutogenerate(context_, stream, context, notes);
  });
}

grpc::Status RevisionServiceImpl::Upgrade(grpc::ServerContext* call, UpgradeRunStream* stream) {
  return RunCall(call, "Upgrade", context_.rpc, [&](CallContext& context, CallNotes& notes) {
    return ServeUpgrade(context_, stream, context, notes);
  });
}

grpc::Status RevisionServiceImpl::Downgrade(grpc::ServerContext* call, DowngradeRunStream* stream) {
  return RunCall(call, "Downgrade", context_.rpc, [&](CallContext& context, CallNotes& notes) {
    return ServeDowngrade(context_, stream, context, notes);
  });
}

grpc::Status RevisionServiceImpl::Repair(grpc::ServerContext* call, RepairRunStream* stream) {
  return RunCall(call, "Repair", context_.rpc, [&](CallContext& context, CallNotes& notes) {
    return ServeRepair(context_, stream, context, notes);
  });
}

grpc::Status RevisionServiceImpl::GetStatus(grpc::ServerContext* call,
                                            const v1::GetStatusRequest* request,
                                            grpc::ServerWriter<v1::GetStatusResponse>* writer) {
  return RunCall(call, "GetStatus", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(
                       RevisionScope scope,
                       FindRevisionScope(context_, request->scope(), {auth::Action::kGetStatus, ""},
                                         context, notes));
                   return SendStatus(scope, request->live(), context, notes, writer);
                 });
}

grpc::Status RevisionServiceImpl::GetHistory(grpc::ServerContext* call,
                                             const v1::GetHistoryRequest* request,
                                             grpc::ServerWriter<v1::GetHistoryResponse>* writer) {
  return RunCall(call, "GetHistory", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(
                       RevisionScope scope,
                       FindRevisionScope(context_, request->scope(),
                                         {auth::Action::kGetHistory, ""}, context, notes));
                   return SendHistory(scope, *request, context, notes, writer);
                 });
}

grpc::Status RevisionServiceImpl::CheckDrift(grpc::ServerContext* call,
                                             const v1::CheckDriftRequest* request,
                                             grpc::ServerWriter<v1::CheckDriftResponse>* writer) {
  return RunCall(
      call, "CheckDrift", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(RevisionScope scope,
                         FindRevisionScope(context_, request->scope(),
                                           {auth::Action::kCheckDrift, ""}, context, notes));
        ASSIGN_OR_RETURN(Slots::Slot slot, AcquireSchemaSlot(context_, scope.schema, context));
        return SendDrift(scope, context_.rpc.metrics, context, notes, writer);
      });
}

grpc::Status RevisionServiceImpl::Stamp(grpc::ServerContext* call,
                                        grpc::ServerReader<v1::StampRequest>* reader,
                                        v1::StampResponse* response) {
  return RunCall(call, "Stamp", context_.rpc, [&](CallContext& context, CallNotes& notes) {
    return DoStamp(context_, reader, response, context, notes);
  });
}

}  // namespace stateserver::rpc
