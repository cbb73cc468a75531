// SPDX-License-Identifier: Apache-2.0
//
// The figures every Prometheus client library gives of its own process.
#pragma once

#include <vector>

#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace stateserver::telemetry {

// Reads /proc/self at each scrape: process_resident_memory_bytes,
// process_cpu_seconds_total, process_open_fds, process_max_fds and
// process_start_time_seconds. What cannot be read is left out.
class ProcessCollector : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace stateserver::telemetry
