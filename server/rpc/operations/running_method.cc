// SPDX-License-Identifier: Apache-2.0
//
// OperationsService.ListRunning.
#include <map>

#include "server/platform/postgres/lock_holder.h"
#include "server/rpc/operations/operations_service.h"
#include "server/rpc/state_access.h"

namespace stateserver::rpc {
namespace {

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
                     // Not from the pool that these calls may have used up.
                     ASSIGN_OR_RETURN(auto session, gateway->monitor_pool->Acquire(context));
                     ASSIGN_OR_RETURN(blockers, postgres::DescribeBlockers(*session, pids));
                   }
                   for (const CallSnapshot& it : calls)
                     *response->add_calls() = CallToProto(it, blockers);
                   return absl::OkStatus();
                 });
}

}  // namespace stateserver::rpc
