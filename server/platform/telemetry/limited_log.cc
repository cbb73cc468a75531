// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/limited_log.h"

#include "common/time.h"

namespace stateserver::telemetry {
namespace {

constexpr int kMostLines = 10;
constexpr absl::Duration kWindow = absl::Minutes(1);
constexpr size_t kMostGroups = 256;
constexpr char kOtherGroups[] = "other addresses";

}  // namespace

LimitedLog::LimitedLog(Logger& logger, Metrics& metrics)
    : logger_(logger), metrics_(metrics), limit_(kMostLines, kWindow, kMostGroups), task_([this] {
        ReportLeftOut();
        return kWindow;
      }) {}

LimitedLog::~LimitedLog() { ReportLeftOut(); }

void LimitedLog::Log(std::string_view group, LogLevel level, std::string_view message,
                     const Fields& fields) {
  if (limit_.Admit(group, kOtherGroups, SteadyNow())) {
    logger_.Log(level, message, fields);
  } else {
    metrics_.LogLineLeftOut();
  }
}

void LimitedLog::ReportLeftOut() {
  for (const OccurrenceLimit::LeftOut& one : limit_.TakeLeftOut(SteadyNow())) {
    logger_.Log(LogLevel::kWarning, "Lines about refused callers were not written",
                {{"address", one.key}, {"lines", one.count}});
  }
}

}  // namespace stateserver::telemetry
