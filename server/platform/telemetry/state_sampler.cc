// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/state_sampler.h"

#include <utility>

#include "common/error.h"

namespace stateserver::telemetry {

StateSampler::StateSampler(Metrics& metrics, Logger& logger, Source source, absl::Duration interval)
    : metrics_(metrics), logger_(logger), source_(std::move(source)), task_([this, interval] {
        Sample();
        return interval;
      }) {}

void StateSampler::Sample() {
  for (const std::string& gateway : source_.gateways()) SampleOne(gateway);
}

void StateSampler::SampleOne(const std::string& gateway) {
  absl::StatusOr<StateGauges> gauges = source_.read(gateway);
  if (gauges.ok()) {
    metrics_.SetState(gateway, *gauges);
    failing_.erase(gateway);
    return;
  }
  if (!failing_.insert(gateway).second) return;
  logger_.Log(LogLevel::kWarning, "Cannot read the state's size for /metrics",
              {{"gateway", gateway}, {"error", MessageOf(gauges.status())}});
}

}  // namespace stateserver::telemetry
