// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/health.h"

#include <utility>

#include "common/error.h"

namespace stateserver::rpc {
namespace {

// The health of the process alone, also while it drains: the criterion for a restart.
constexpr char kLiveness[] = "liveness";

std::string ServiceName(const std::string& gateway) { return "gateway/" + gateway; }

}  // namespace

struct HealthReporter::Probe {
  std::string gateway;
  State state = State::kUnknown;                  // used by the task's thread
  std::unique_ptr<telemetry::PeriodicTask> task;  // last member: it uses the others
};

HealthReporter::HealthReporter(grpc::HealthCheckServiceInterface* service,
                               telemetry::Metrics& metrics, telemetry::Logger& logger, Check check,
                               Options options)
    : service_(service),
      metrics_(metrics),
      logger_(logger),
      check_(std::move(check)),
      options_(options) {
  service_->SetServingStatus(kLiveness, true);
}

HealthReporter::~HealthReporter() = default;

void HealthReporter::SetGateways(const std::vector<std::string>& names) {
  const std::set<std::string> wanted(names.begin(), names.end());
  std::lock_guard lock(mutex_);
  for (auto it = probes_.begin(); it != probes_.end();) {
    if (wanted.count(it->first) > 0) {
      ++it;
      continue;
    }
    std::string gone = it->first;
    it = probes_.erase(it);  // ends its thread, which could report otherwise
    SetChecked(gone);
    SetServing(gone, false);
    metrics_.RemoveGateway(gone);
  }
  for (const std::string& name : wanted) {
    auto& probe = probes_[name];
    if (probe != nullptr) continue;
    SetServing(name, false);
    {
      std::lock_guard unchecked_lock(unchecked_mutex_);
      unchecked_.insert(name);
    }
    probe = std::make_unique<Probe>();
    probe->gateway = name;
    probe->task = std::make_unique<telemetry::PeriodicTask>(
        [this, probe = probe.get()] { return CheckOne(*probe); });
  }
}

bool HealthReporter::WaitChecked(absl::Duration limit) {
  std::unique_lock lock(unchecked_mutex_);
  return checked_.wait_for(lock, absl::ToChronoNanoseconds(limit),
                           [this] { return unchecked_.empty(); });
}

void HealthReporter::SetChecked(const std::string& gateway) {
  std::lock_guard lock(unchecked_mutex_);
  unchecked_.erase(gateway);
  checked_.notify_all();
}

void HealthReporter::Shutdown() {
  std::lock_guard lock(serving_mutex_);
  shut_down_ = true;
  service_->SetServingStatus(false);
  // A draining process needs no restart.
  service_->SetServingStatus(kLiveness, true);
}

void HealthReporter::SetServing(const std::string& gateway, bool serving) {
  std::lock_guard lock(serving_mutex_);
  service_->SetServingStatus(ServiceName(gateway), serving && !shut_down_);
}

absl::Duration HealthReporter::CheckOne(Probe& probe) {
  absl::Status status = check_(probe.gateway);
  Report(probe, status);
  SetChecked(probe.gateway);
  return status.ok() ? options_.interval : options_.interval_after_failure;
}

void HealthReporter::Report(Probe& probe, const absl::Status& status) {
  State state = status.ok() ? State::kUp : State::kDown;
  metrics_.SetGatewayUp(probe.gateway, status.ok());
  if (state == probe.state) return;
  SetServing(probe.gateway, status.ok());
  if (!status.ok()) {
    logger_.Log(telemetry::LogLevel::kWarning, "The gateway's database does not answer",
                {{"gateway", probe.gateway}, {"error", MessageOf(status)}});
  } else if (probe.state == State::kDown) {
    logger_.Log(telemetry::LogLevel::kInfo, "The gateway's database answers again",
                {{"gateway", probe.gateway}});
  }
  probe.state = state;
}

}  // namespace stateserver::rpc
