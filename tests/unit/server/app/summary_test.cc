// SPDX-License-Identifier: Apache-2.0

#include "server/app/summary.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ostream_sink.h"

namespace stateserver::app {
namespace {

using ::testing::HasSubstr;

std::string RemarksFor(const std::string& metrics_listen, const std::string& user) {
  config::Config config;
  config.metrics_listen = metrics_listen;
  config.metrics_auth.user = user;
  std::ostringstream text;
  telemetry::Logger logger(telemetry::LogFormat::kText, telemetry::LogLevel::kInfo,
                           std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  LogRemarks(config, logger);
  return text.str();
}

TEST(LogRemarks, WarnsOfMetricsThatEverybodyCanRead) {
  std::string line = RemarksFor("0.0.0.0:9464", "");
  EXPECT_THAT(line, HasSubstr("warn"));
  EXPECT_THAT(line, HasSubstr("metrics_listen: 0.0.0.0:9464 is reachable from other machines, and "
                              "without metrics_auth everyone who reaches it can read the metrics"));
  EXPECT_THAT(line, HasSubstr("Set metrics_auth, or listen on 127.0.0.1."));
}

TEST(LogRemarks, IsSilentAboutMetricsThatFewCanRead) {
  EXPECT_EQ(RemarksFor("127.0.0.1:9464", ""), "");
  EXPECT_EQ(RemarksFor("[::1]:9464", ""), "");
  EXPECT_EQ(RemarksFor("", ""), "");
  EXPECT_EQ(RemarksFor("0.0.0.0:9464", "prometheus"), "");
}

}  // namespace
}  // namespace stateserver::app
