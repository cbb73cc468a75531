// SPDX-License-Identifier: Apache-2.0
//
// The process metrics that every Prometheus client library provides.
#pragma once

#include <vector>

#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace stateserver::telemetry {

// ProcessCollector reads /proc/self at each scrape: process_resident_memory_bytes,
// process_cpu_seconds_total, process_open_fds, process_max_fds and process_start_time_seconds.
// Omits values that cannot be read.
class ProcessCollector : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace stateserver::telemetry
