// SPDX-License-Identifier: Apache-2.0
//
// Log lines that callers without an identity cause.
#pragma once

#include <string_view>

#include "common/occurrence_limit.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::telemetry {

// LimitedLog writes at most ten lines a minute for each group of addresses, counts the others in
// `stateserver_log_lines_left_out_total`, and says once a minute, and at its end, how many it left
// out. It tells 256 groups apart; more of them in one minute share one bound. Thread-safe.
class LimitedLog {
 public:
  // `logger` and `metrics` outlive it.
  LimitedLog(Logger& logger, Metrics& metrics);
  ~LimitedLog();
  LimitedLog(const LimitedLog&) = delete;
  LimitedLog& operator=(const LimitedLog&) = delete;

  // `group` as AddressGroup(), or what the lines are about.
  void Log(std::string_view group, LogLevel level, std::string_view message, const Fields& fields);

 private:
  void ReportLeftOut();

  Logger& logger_;
  Metrics& metrics_;
  OccurrenceLimit limit_;
  PeriodicTask task_;  // last: its thread uses the others
};

}  // namespace stateserver::telemetry
