// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/operations/operations_service.h"

#include <map>

#include "common/time.h"
#include "server/operations/audit.h"
#include "server/operations/log.h"
#include "server/platform/postgres/locks.h"
#include "server/rpc/list_page.h"
#include "server/rpc/operations/convert.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/state_access.h"
#include "server/rpc/step_progress.h"
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
  out.set_started_ts(absl::ToUnixMillis(call.started));
  out.set_phase(call.phase);
  out.set_done(call.done);
  out.set_total(call.total);
  for (int pid : call.backends) {
    if (auto found = blockers.find(pid); found != blockers.end()) out.set_blocked_by(found->second);
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
        ASSIGN_OR_RETURN(auto page,
                         operations::ReadAudit(*access.session, access.gateway->state_schema,
                                               request->from_seq(), request->since_ts(),
                                               request->operation_id(), request->page_size()));
        size_t listed = FillPage(
            page.events, [](const auto& one) { return ToProto(one); }, response->mutable_events());
        response->set_next_seq(listed < page.events.size() ? page.events[listed].seq
                                                           : page.next_seq);
        return absl::OkStatus();
      });
}

grpc::Status OperationsServiceImpl::ListRestorePoints(grpc::ServerContext* call,
                                                      const v1::ListRestorePointsRequest* request,
                                                      v1::ListRestorePointsResponse* response) {
  return RunRead(
      call, "ListRestorePoints", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(auto access, Open(context_, request->gateway(),
                                           auth::Action::kListRestorePoints, context, notes));
        ASSIGN_OR_RETURN(auto points,
                         restore_points::ListRestorePoints(
                             *access.session, access.gateway->state_schema, request->page_token()));
        size_t listed = FillPage(
            points, [](const auto& one) { return ToProto(one); },
            response->mutable_restore_points());
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
                   std::vector<int> pids;
                   for (const CallSnapshot& it : calls) {
                     pids.insert(pids.end(), it.backends.begin(), it.backends.end());
                   }
                   std::map<int, std::string> blockers;
                   if (!pids.empty()) {
                     // The normal pool may be exhausted by the very calls that are listed.
                     ASSIGN_OR_RETURN(auto session, gateway->monitor_pool->Acquire(context));
                     ASSIGN_OR_RETURN(blockers, postgres::DescribeBlockers(*session, pids));
                   }
                   for (const CallSnapshot& it : calls)
                     *response->add_calls() = CallToProto(it, blockers);
                   return absl::OkStatus();
                 });
}

}  // namespace stateserver::rpc
