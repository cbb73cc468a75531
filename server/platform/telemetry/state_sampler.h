// SPDX-License-Identifier: Apache-2.0
//
// Periodic refresh of the gauges of every gateway's state.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::telemetry {

// StateSampler reads the gauges of each gateway in turn, then sleeps. A gateway whose read fails
// keeps its last values; only the first failure in a row is logged.
class StateSampler {
 public:
  struct Source {
    // Returns the current names of the gateways that have a state.
    std::function<std::vector<std::string>()> gateways;
    std::function<absl::StatusOr<StateGauges>(const std::string& gateway)> read;
  };

  StateSampler(Metrics& metrics, Logger& logger, Source source,
               absl::Duration interval = absl::Seconds(30));

 private:
  void Sample();
  void SampleOne(const std::string& gateway);

  Metrics& metrics_;
  Logger& logger_;
  const Source source_;
  std::set<std::string> failing_;
  PeriodicTask task_;  // last member: its thread uses the others
};

}  // namespace stateserver::telemetry
