// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/starrocks/revision_service.h"

#include "common/error.h"
#include "common/page_size.h"
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

absl::Status StatusOf(const RevisionScope& scope, bool live, const CallContext& call,
                      v1::GetStatusResponse* out) {
  ASSIGN_OR_RETURN(auto session, OpenJournal(scope, call));
  ASSIGN_OR_RETURN(revisions::JournalState state, ReadState(*session, scope.target.key));
  session.reset();
  out->set_gateway(scope.target.key.gateway);
  out->set_database(scope.target.key.database);
  for (const std::string& head : state.heads) out->add_heads(head);
  if (state.lock.held) *out->mutable_lock() = ToProto(state.lock);
  if (state.open) *out->mutable_open_run() = ToProto(*state.open);
  if (!live) return absl::OkStatus();
  revisions::Warehouse warehouse(scope.target.warehouse, scope.target.key.database,
                                 {absl::ZeroDuration(), call.cancelled});
  ASSIGN_OR_RETURN(auto alembic, ReadVersionTable(warehouse));
  out->set_has_version_table(alembic.has_value());
  if (alembic) *out->mutable_alembic_heads() = {alembic->begin(), alembic->end()};
  return absl::OkStatus();
}

absl::Status AppliedPage(const RevisionScope& scope, const v1::ListAppliedRevisionsRequest& request,
                         const CallContext& call, v1::ListAppliedRevisionsResponse* out) {
  ASSIGN_OR_RETURN(int size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(auto session, OpenJournal(scope, call));
  ASSIGN_OR_RETURN(revisions::JournalState state, ReadState(*session, scope.target.key));
  std::vector<std::pair<std::string, std::string>> applied(state.applied.begin(),
                                                           state.applied.end());
  out->set_next_page_token(FillPageAfter(
      request.page_token(), std::move(applied), [](const auto& one) { return one.first; },
      [](const auto& one) {
        v1::AppliedRevision revision;
        revision.set_revision(one.first);
        revision.set_sum(one.second);
        return revision;
      },
      size, out->mutable_revisions()));
  return absl::OkStatus();
}

absl::Status RunsPage(const RevisionScope& scope, const v1::ListRunsRequest& request,
                      const CallContext& call, v1::ListRunsResponse* out) {
  ASSIGN_OR_RETURN(auto session, OpenJournal(scope, call));
  revisions::RunPageOptions options{request.page_size(), request.page_token(), request.revision()};
  ASSIGN_OR_RETURN(revisions::RunPage page, ReadRuns(*session, scope.target.key, options));
  out->set_next_page_token(page.next_page_token);
  size_t listed = FillPage(
      page.runs, [](const auto& one) { return ToProto(one); }, out->mutable_runs());
  if (listed < page.runs.size()) out->set_next_page_token(PageTokenAfter(page.runs[listed - 1]));
  return absl::OkStatus();
}

// Statements are not truncated: they are the record of what was sent.
absl::Status StatementsPage(const RevisionScope& scope, const v1::ListRunStatementsRequest& request,
                            const CallContext& call, v1::ListRunStatementsResponse* out) {
  ASSIGN_OR_RETURN(auto session, OpenJournal(scope, call));
  ASSIGN_OR_RETURN(revisions::EntryPage page,
                   ReadEntries(*session, scope.target.key,
                               {request.run_id(), request.page_size(), request.page_token()}));
  out->set_next_page_token(page.next_page_token);
  size_t bytes = 0;
  for (const revisions::JournalEntry& entry : page.entries) {
    v1::JournalEntry one = ToProto(entry);
    bytes += one.ByteSizeLong() + kEntryOverhead;
    if (out->statements_size() > 0 && bytes > kPageBytes) {
      out->set_next_page_token(
          PageTokenAfter(page.entries[static_cast<size_t>(out->statements_size()) - 1]));
      break;
    }
    *out->add_statements() = std::move(one);
  }
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
  v1::DriftSummary* summary = response.mutable_summary();
  for (const std::string& head : state.heads) summary->add_heads(head);
  summary->set_managed(static_cast<int32_t>(known.size()));
  Deliver(writer, response, notes);
  for (const std::string& name : drift.drifted) {
    response.set_drifted(name);
    Deliver(writer, response, notes);
  }
  *response.mutable_plan()->mutable_engine() = ToProto(live.engine, live.database);
  Deliver(writer, response, notes);
  EachEvent(drift.back, {}, [&](const v1::PlanEvent& event) {
    *response.mutable_plan() = event;
    Deliver(writer, response, notes);
  });
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
  request.force = begin.force();
  request.lock_wait = LockWait(begin, limits);
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
                                            v1::GetStatusResponse* response) {
  return RunRead(call, "GetStatus", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(
                       RevisionScope scope,
                       FindRevisionScope(context_, request->scope(), {auth::Action::kGetStatus, ""},
                                         context, notes));
                   return StatusOf(scope, request->live(), context, response);
                 });
}

grpc::Status RevisionServiceImpl::ListAppliedRevisions(
    grpc::ServerContext* call, const v1::ListAppliedRevisionsRequest* request,
    v1::ListAppliedRevisionsResponse* response) {
  return RunRead(call, "ListAppliedRevisions", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(RevisionScope scope,
                                    FindRevisionScope(context_, request->scope(),
                                                      {auth::Action::kListAppliedRevisions, ""},
                                                      context, notes));
                   return AppliedPage(scope, *request, context, response);
                 });
}

grpc::Status RevisionServiceImpl::ListRuns(grpc::ServerContext* call,
                                           const v1::ListRunsRequest* request,
                                           v1::ListRunsResponse* response) {
  return RunRead(call, "ListRuns", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(
                       RevisionScope scope,
                       FindRevisionScope(context_, request->scope(), {auth::Action::kListRuns, ""},
                                         context, notes));
                   return RunsPage(scope, *request, context, response);
                 });
}

grpc::Status RevisionServiceImpl::ListRunStatements(grpc::ServerContext* call,
                                                    const v1::ListRunStatementsRequest* request,
                                                    v1::ListRunStatementsResponse* response) {
  return RunRead(call, "ListRunStatements", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(
                       RevisionScope scope,
                       FindRevisionScope(context_, request->scope(),
                                         {auth::Action::kListRunStatements, ""}, context, notes));
                   return StatementsPage(scope, *request, context, response);
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
