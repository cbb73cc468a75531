// SPDX-License-Identifier: Apache-2.0
//
// The process metrics that every Prometheus client library provides.
#pragma once

#include <vector>

#include "prometheus/metric_family.h"

namespace stateserver::telemetry {

// Reads process_resident_memory_bytes, process_cpu_seconds_total, process_open_fds, process_max_fds
// and process_start_time_seconds from /proc/self. Omits values that cannot be read.
std::vector<prometheus::MetricFamily> ReadProcessMetrics();

}  // namespace stateserver::telemetry
