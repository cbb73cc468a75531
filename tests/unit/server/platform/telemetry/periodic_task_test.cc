// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/periodic_task.h"

#include <atomic>

#include "absl/time/clock.h"
#include "common/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/platform/telemetry/state_sampler.h"
#include "spdlog/sinks/ostream_sink.h"

namespace stateserver::telemetry {
namespace {

bool Eventually(const std::function<bool()>& condition) {
  absl::Time limit = absl::Now() + absl::Seconds(10);
  while (absl::Now() < limit) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return false;
}

TEST(PeriodicTask, RunsAgainAfterThePauseItAskedFor) {
  std::atomic<int> runs = 0;
  PeriodicTask task([&] {
    ++runs;
    return absl::Milliseconds(1);
  });
  EXPECT_TRUE(Eventually([&] { return runs >= 3; }));
}

TEST(PeriodicTask, RunSoonDoesNotWaitAndTheEndNeither) {
  std::atomic<int> runs = 0;
  absl::Time start = absl::Now();
  {
    PeriodicTask task([&] {
      ++runs;
      return absl::Hours(1);
    });
    EXPECT_TRUE(Eventually([&] { return runs == 1; }));
    task.RunSoon();
    EXPECT_TRUE(Eventually([&] { return runs == 2; }));
  }
  EXPECT_LT(absl::Now() - start, absl::Minutes(1));
  EXPECT_EQ(runs, 2);
}

TEST(StateSampler, KeepsTheLastFiguresOfAGatewayThatFailsAndLogsOnce) {
  Metrics metrics("1", "c");
  std::ostringstream text;
  Logger logger(LogFormat::kText, LogLevel::kInfo,
                std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  std::atomic<int> reads = 0;
  {
    StateSampler::Source source;
    source.gateways = [] { return std::vector<std::string>{"prod"}; };
    source.read = [&](const std::string& gateway) -> absl::StatusOr<StateGauges> {
      EXPECT_EQ(gateway, "prod");
      if (++reads > 1) return Error(Reason::DATABASE_UNREACHABLE, "no route");
      return StateGauges{.snapshots = 41,
                         .environments = 1,
                         .expired_environments = 0,
                         .interval_rows = 2,
                         .schema_version = 102,
                         .restore_points = 0,
                         .restore_points_bytes = 0};
    };
    StateSampler sampler(metrics, logger, source, absl::Milliseconds(1));
    EXPECT_TRUE(Eventually([&] { return reads >= 4; }));
  }
  EXPECT_THAT(metrics.Text(),
              testing::HasSubstr("stateserver_state_snapshots{gateway=\"prod\"} 41"));
  std::string log = text.str();
  EXPECT_THAT(log, testing::HasSubstr("error=\"no route\""));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1);
}

}  // namespace
}  // namespace stateserver::telemetry
