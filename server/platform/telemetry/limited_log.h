// SPDX-License-Identifier: Apache-2.0
//
// Rate-limited log lines for events that unauthenticated callers can cause.
#pragma once

#include <string_view>

#include "common/occurrence_limit.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::telemetry {

// LimitedLog writes at most ten lines a minute for each group of addresses and counts the rest in
// `stateserver_log_lines_left_out_total`. It reports the number of omitted lines once a minute and
// on destruction. It distinguishes 256 groups; further groups within a minute share one limit.
// Thread-safe.
class LimitedLog {
 public:
  // `logger` and `metrics` must outlive this object.
  LimitedLog(Logger& logger, Metrics& metrics);
  ~LimitedLog();
  LimitedLog(const LimitedLog&) = delete;
  LimitedLog& operator=(const LimitedLog&) = delete;

  // Writes or counts a line. `group` is an AddressGroup(), or the subject of the lines.
  void Log(std::string_view group, LogLevel level, std::string_view message, const Fields& fields);

 private:
  void ReportLeftOut();

  Logger& logger_;
  Metrics& metrics_;
  OccurrenceLimit limit_;
  PeriodicTask task_;  // last member: its thread uses the others
};

}  // namespace stateserver::telemetry
