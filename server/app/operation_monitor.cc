// SPDX-License-Identifier: Apache-2.0

#include "server/app/operation_monitor.h"

#include <utility>

#include "common/time.h"
#include "server/platform/postgres/locks.h"

namespace stateserver::app {
namespace {

constexpr absl::Duration kReportLimit = absl::Seconds(5);

}  // namespace

OperationMonitor::OperationMonitor(gateways::GatewayRegistry& gateways, rpc::RunningCalls& calls,
                                   std::string server)
    : gateways_(gateways), calls_(calls), server_(std::move(server)), task_([this] {
        Report();
        return operations::kHeartbeatInterval;
      }) {}

void OperationMonitor::Report() {
  std::map<std::string, std::vector<rpc::CallSnapshot>> by_gateway;
  std::map<std::string, Seen> still;
  for (rpc::CallSnapshot& call : calls_.List()) {
    if (call.operation.empty() || call.gateway.empty()) continue;
    if (auto found = seen_.find(call.operation); found != seen_.end()) still.insert(*found);
    by_gateway[call.gateway].push_back(std::move(call));
  }
  seen_ = std::move(still);
  for (const auto& [name, calls] : by_gateway) {
    auto gateway = gateways_.FindState(name);
    if (gateway.ok()) ReportGateway(**gateway, calls);
  }
}

double OperationMonitor::Rate(const rpc::CallSnapshot& call) {
  Seen& last = seen_[call.operation];
  const absl::Time now = SteadyNow();
  double rate = 0;
  if (last.phase == call.phase && last.when != absl::Time() && call.done >= last.done) {
    rate = static_cast<double>(call.done - last.done) / absl::ToDoubleSeconds(now - last.when);
  }
  last = {call.phase, call.done, now};
  return rate;
}

void OperationMonitor::ReportGateway(const gateways::Gateway& gateway,
                                     const std::vector<rpc::CallSnapshot>& calls) {
  CallContext context;
  context.principal = "stateserver";
  context.deadline = SteadyNow() + kReportLimit;
  context.cancelled = [this] { return stopping_.load(); };
  auto session = gateway.monitor_pool->Acquire(context);
  if (!session.ok()) return;  // health reports this
  std::vector<int> pids;
  for (const rpc::CallSnapshot& call : calls) {
    pids.insert(pids.end(), call.backends.begin(), call.backends.end());
  }
  auto blockers = postgres::DescribeBlockers(**session, pids);
  std::vector<operations::Heartbeat> beats;
  for (const rpc::CallSnapshot& call : calls) {
    operations::Heartbeat beat{call.operation, call.phase, call.done, call.total, Rate(call), ""};
    for (int pid : call.backends) {
      if (!blockers.ok()) break;
      if (auto found = blockers->find(pid); found != blockers->end()) {
        beat.blocked_by = found->second;
      }
    }
    beats.push_back(std::move(beat));
  }
  auto requests = operations::WriteHeartbeats(**session, gateway.state_schema, server_, beats);
  if (!requests.ok()) return;
  for (const operations::CancelRequest& request : *requests) {
    calls_.Cancel(gateway.name, request.operation_id, request.principal);
  }
}

}  // namespace stateserver::app
