// SPDX-License-Identifier: Apache-2.0

#include "server/app/journal_monitor.h"

#include <algorithm>
#include <utility>

#include "common/time.h"
#include "server/app/summary.h"
#include "server/starrocks/revisions/run/recover.h"

namespace stateserver::app {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(20);
// Interval while there is something to reconcile; the lock of a dead server expires soon.
constexpr absl::Duration kRetry = absl::Seconds(2);

}  // namespace

JournalMonitor::JournalMonitor(gateways::GatewayRegistry& gateways, telemetry::Metrics& metrics,
                               telemetry::Logger& logger, std::function<absl::Duration()> lease,
                               absl::Duration interval)
    : gateways_(gateways),
      metrics_(metrics),
      logger_(logger),
      lease_(std::move(lease)),
      task_([this, interval] {
        Poll();
        return recovered_.empty() ? interval : std::min(interval, kRetry);
      }) {}

CallContext JournalMonitor::Internal() const {
  CallContext call;
  call.principal = "stateserver";
  call.deadline = SteadyNow() + kLimit;
  call.cancelled = [this] { return stopping_.load(); };
  return call;
}

void JournalMonitor::Poll() {
  for (const gateways::GatewayPtr& gateway : gateways_.All()) {
    if (gateway->pool != nullptr && gateway->warehouse) PollGateway(*gateway);
  }
}

void JournalMonitor::PollGateway(const gateways::Gateway& gateway) {
  absl::StatusOr<std::vector<revisions::OpenJournal>> open;
  {
    auto session = gateway.monitor_pool->Acquire(Internal());
    if (!session.ok()) return;  // health reports this
    open = revisions::FindOpen(**session, gateway.name);
  }
  if (!open.ok()) return;
  int statements = 0;
  // Runs that begin later belong to this server or to another live one.
  bool first = seen_.insert(gateway.name).second;
  for (const revisions::OpenJournal& one : *open) {
    statements += one.statements;
    std::string key = gateway.name + "/" + one.database;
    if (first && one.statements > 0) recovered_.insert(key);
    if (recovered_.contains(key)) RecoverOnce(gateway, one.database);
  }
  metrics_.SetOpenStatements(gateway.name, statements);
}

void JournalMonitor::RecoverOnce(const gateways::Gateway& gateway, const std::string& database) {
  revisions::WarehouseTarget target{
      {gateway.name, database}, *gateway.warehouse, gateway.pool.get(), gateway.state_schema};
  auto recovery = revisions::Recover(target, lease_(), Internal());
  telemetry::Fields fields = {{"gateway", gateway.name}, {"database", database}};
  if (!recovery.ok()) {
    // The lock may be held or the engine unreachable; the next poll retries.
    for (auto& field : ErrorFields(recovery.status())) fields.push_back(std::move(field));
    logger_.Log(telemetry::LogLevel::kWarning, "Cannot reconcile the journal of a schema run",
                fields);
    return;
  }
  recovered_.erase(gateway.name + "/" + database);
  if (recovery->revision.empty()) return;
  fields.push_back({"revision", recovery->revision});
  fields.push_back({"done", static_cast<int64_t>(recovery->done)});
  fields.push_back({"not_done", static_cast<int64_t>(recovery->not_done)});
  fields.push_back({"running", static_cast<int64_t>(recovery->running)});
  fields.push_back({"unknown", static_cast<int64_t>(recovery->unknown)});
  logger_.Log(telemetry::LogLevel::kInfo, "Reconciled the journal of an interrupted schema run",
              fields);
}

}  // namespace stateserver::app
