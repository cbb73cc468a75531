// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/operations/operations_service.h"

#include <map>
#include <set>

#include "common/page_size.h"
#include "common/time.h"
#include "server/operations/audit.h"
#include "server/operations/heartbeat.h"
#include "server/operations/log.h"
#include "server/platform/postgres/locks.h"
#include "server/rpc/list_page.h"
#include "server/rpc/operations/convert.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/state_access.h"
#include "server/rpc/step_progress.h"
#include "server/rpc/times.h"
#include "server/sqlmesh/restore_points/restore.h"
#include "server/sqlmesh/restore_points/restore_points.h"

namespace stateserver::rpc {

namespace {

struct OperationsAccess {
  gateways::GatewayPtr gateway;
  std::unique_ptr<postgres::Session> session;
};

absl::StatusOr<OperationsAccess> Open(const ServiceContext& context, std::string_view name,
                                      auth::Action action, const CallContext& call,
                                      CallNotes& notes) {
  OperationsAccess access;
  ASSIGN_OR_RETURN(access.gateway, FindGateway(context, name, {action, ""}, call, notes));
  ASSIGN_OR_RETURN(access.session, access.gateway->pool->Acquire(call));
  return access;
}

constexpr absl::Duration kLongestWait = absl::Minutes(1);

absl::Status MayCancel(const gateways::Gateway& gateway, const operations::OperationRecord& record,
                       const CallContext& call) {
  bool own = record.principal == call.principal && call.identity != nullptr &&
             call.identity->RoleOn(gateway.name) >= auth::RoleToBegin(record.kind);
  return own ? absl::OkStatus() : CheckRole(gateway, auth::Action::kCancelOperation, call);
}

constexpr std::string_view kOwnMethod = "ListRunning";

std::vector<CallSnapshot> RunningOn(const RunningCalls& calls, const std::string& gateway) {
  std::vector<CallSnapshot> found = calls.List();
  std::erase_if(found, [&](const CallSnapshot& call) {
    return call.gateway != gateway || call.method == kOwnMethod;
  });
  return found;
}

v1::RunningCall CallToProto(const CallSnapshot& call, const std::map<int, std::string>& blockers) {
  v1::RunningCall out;
  out.set_method(call.method);
  out.set_gateway(call.gateway);
  out.set_operation_id(call.operation);
  out.set_principal(call.principal);
  out.set_peer(call.peer);
  SetTime(call.started, out.mutable_started_time());
  out.set_phase(call.phase);
  out.set_done(call.done);
  out.set_total(call.total);
  for (int pid : call.backends) {
    if (auto found = blockers.find(pid); found != blockers.end()) out.set_blocked_by(found->second);
  }
  return out;
}

// An operation on another server.
v1::RunningCall ElsewhereToProto(const operations::RunningRecord& running) {
  const operations::Heartbeat& beat = running.heartbeat;
  v1::RunningCall out;
  out.set_kind(KindFromName(running.operation.kind));
  out.set_gateway(running.operation.gateway);
  out.set_operation_id(running.operation.id);
  out.set_principal(running.operation.principal);
  *out.mutable_started_time() = TimeToProto(running.operation.started_ts);
  out.set_phase(beat.phase);
  out.set_done(beat.done);
  out.set_total(beat.total);
  out.set_rate(beat.rate);
  out.set_blocked_by(beat.blocked_by);
  out.set_server(running.server.empty() ? "unknown" : running.server);
  if (running.heartbeat_ts != 0) {
    *out.mutable_heartbeat_time() = TimeToProto(running.heartbeat_ts);
  }
  return out;
}

}  // namespace

grpc::Status OperationsServiceImpl::GetOperation(grpc::ServerContext* call,
                                                 const v1::GetOperationRequest* request,
                                                 v1::GetOperationResponse* response) {
  return RunRead(call, "GetOperation", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(auto access, Open(context_, request->gateway(),
                                                      auth::Action::kGetOperation, context, notes));
                   ASSIGN_OR_RETURN(auto record, operations::GetOperation(
                                                     *access.session, access.gateway->state_schema,
                                                     request->id()));
                   *response->mutable_operation() = ToProto(record);
                   CutTexts(response->mutable_operation());
                   return absl::OkStatus();
                 });
}

grpc::Status OperationsServiceImpl::WaitOperation(grpc::ServerContext* call,
                                                  const v1::WaitOperationRequest* request,
                                                  v1::WaitOperationResponse* response) {
  return RunCall(call, "WaitOperation", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(auto gateway, FindGateway(context_, request->gateway(),
                                                              {auth::Action::kWaitOperation, ""},
                                                              context, notes));
                   absl::Duration limit = DurationFromProto(request->timeout());
                   if (limit <= absl::ZeroDuration() || limit > kLongestWait) limit = kLongestWait;
                   ASSIGN_OR_RETURN(auto record, operations::WaitUntilEnded(*gateway->pool, context,
                                                                            gateway->state_schema,
                                                                            request->id(), limit));
                   *response->mutable_operation() = ToProto(record);
                   CutTexts(response->mutable_operation());
                   return absl::OkStatus();
                 });
}

grpc::Status OperationsServiceImpl::CancelOperation(grpc::ServerContext* call,
                                                    const v1::CancelOperationRequest* request,
                                                    v1::CancelOperationResponse* response) {
  return RunRead(
      call, "CancelOperation", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(auto access, Open(context_, request->gateway(),
                                           auth::Action::kCancelOwnOperation, context, notes));
        const gateways::Gateway& gateway = *access.gateway;
        ASSIGN_OR_RETURN(auto record, operations::GetOperation(
                                          *access.session, gateway.state_schema, request->id()));
        RETURN_IF_ERROR(MayCancel(gateway, record, context));
        RETURN_IF_ERROR(
            operations::RequestCancel(*access.session, gateway.state_schema, record.id, context));
        // If it runs here, it need not wait for the next heartbeat.
        context_.rpc.running.Cancel(gateway.name, record.id, context.principal);
        *response->mutable_operation() = ToProto(record);
        CutTexts(response->mutable_operation());
        return absl::OkStatus();
      });
}

grpc::Status OperationsServiceImpl::ListOperations(grpc::ServerContext* call,
                                                   const v1::ListOperationsRequest* request,
                                                   v1::ListOperationsResponse* response) {
  return RunRead(
      call, "ListOperations", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(auto access, Open(context_, request->gateway(),
                                           auth::Action::kListOperations, context, notes));
        ASSIGN_OR_RETURN(auto page,
                         operations::ListOperations(*access.session, access.gateway->state_schema,
                                                    request->page_size(), request->page_token()));
        response->set_next_page_token(page.next_page_token);
        size_t listed = FillPage(
            page.operations, [](const auto& one) { return ToProto(one); },
            response->mutable_operations());
        if (listed < page.operations.size()) {
          response->set_next_page_token(operations::PageTokenAfter(page.operations[listed - 1]));
        }
        return absl::OkStatus();
      });
}

grpc::Status OperationsServiceImpl::ListAudit(grpc::ServerContext* call,
                                              const v1::ListAuditRequest* request,
                                              v1::ListAuditResponse* response) {
  return RunRead(
      call, "ListAudit", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(auto access, Open(context_, request->gateway(), auth::Action::kListAudit,
                                           context, notes));
        operations::AuditFilter filter{
            request->has_since_time() ? TimeFromProto(request->since_time()) : 0,
            request->operation_id()};
        ASSIGN_OR_RETURN(
            auto page, operations::ReadAudit(*access.session, access.gateway->state_schema, filter,
                                             request->page_size(), request->page_token()));
        size_t listed = FillPage(
            page.events, [](const auto& one) { return ToProto(one); }, response->mutable_events());
        response->set_next_page_token(listed < page.events.size()
                                          ? operations::PageTokenAt(page.events[listed])
                                          : page.next_page_token);
        return absl::OkStatus();
      });
}

grpc::Status OperationsServiceImpl::ListRestorePoints(grpc::ServerContext* call,
                                                      const v1::ListRestorePointsRequest* request,
                                                      v1::ListRestorePointsResponse* response) {
  return RunRead(
      call, "ListRestorePoints", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(int size, PageSize(request->page_size()));
        ASSIGN_OR_RETURN(auto access, Open(context_, request->gateway(),
                                           auth::Action::kListRestorePoints, context, notes));
        ASSIGN_OR_RETURN(auto points,
                         restore_points::ListRestorePoints(
                             *access.session, access.gateway->state_schema, request->page_token()));
        size_t listed = FillPage(
            points, [](const auto& one) { return ToProto(one); },
            response->mutable_restore_points(), static_cast<size_t>(size));
        if (listed < points.size()) {
          response->set_next_page_token(restore_points::PageTokenAfter(points[listed - 1]));
        }
        return absl::OkStatus();
      });
}

grpc::Status OperationsServiceImpl::Restore(grpc::ServerContext* call,
                                            const v1::RestoreRequest* request,
                                            grpc::ServerWriter<v1::RestoreResponse>* writer) {
  return RunCall(
      call, "Restore", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(
            auto gateway,
            FindGateway(context_, request->gateway(),
                        {auth::Action::kRestore, request->operation_id()}, context, notes));
        absl::Time started = SteadyNow();
        ASSIGN_OR_RETURN(
            auto outcome,
            restore_points::RunRestore(
                *gateway->pool, context,
                StateChangeOptionsOf(*gateway, context_.limits(), request->operation_id()),
                request->id(), ProgressTo<v1::RestoreResponse>(writer, notes)));
        context_.rpc.metrics.PhaseFinished(gateway->name, "restore", "total",
                                           SteadyNow() - started);
        context_.rpc.metrics.OperationSucceeded(gateway->name, "restore");
        v1::RestoreResponse response;
        v1::RestoreResult* out = response.mutable_result();
        *out->mutable_operation() = ToProto(outcome.operation);
        *out->mutable_restored() = ToProto(outcome.result.restored);
        out->set_restore_point_id(outcome.operation.restore_point_id);
        writer->Write(response);
        return absl::OkStatus();
      });
}

grpc::Status OperationsServiceImpl::ListRunning(grpc::ServerContext* call,
                                                const v1::ListRunningRequest* request,
                                                v1::ListRunningResponse* response) {
  return RunRead(call, kOwnMethod, context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(auto gateway,
                                    FindGateway(context_, request->gateway(),
                                                {auth::Action::kListRunning, ""}, context, notes));
                   std::vector<CallSnapshot> calls = RunningOn(context_.rpc.running, gateway->name);
                   // The normal pool may be exhausted by the very calls that are listed.
                   ASSIGN_OR_RETURN(auto session, gateway->monitor_pool->Acquire(context));
                   std::vector<int> pids;
                   std::set<std::string> here;
                   for (const CallSnapshot& it : calls) {
                     pids.insert(pids.end(), it.backends.begin(), it.backends.end());
                     here.insert(it.operation);
                   }
                   ASSIGN_OR_RETURN(auto blockers, postgres::DescribeBlockers(*session, pids));
                   for (const CallSnapshot& it : calls) {
                     *response->add_calls() = CallToProto(it, blockers);
                   }
                   ASSIGN_OR_RETURN(auto running,
                                    operations::ListRunning(*session, gateway->state_schema));
                   for (const operations::RunningRecord& one : running) {
                     if (here.contains(one.operation.id)) continue;
                     *response->add_calls() = ElsewhereToProto(one);
                   }
                   return absl::OkStatus();
                 });
}

}  // namespace stateserver::rpc
