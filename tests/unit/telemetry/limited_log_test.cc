#include "server/telemetry/limited_log.h"

#include <algorithm>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ostream_sink.h"

namespace stateserver::telemetry {
namespace {

using testing::HasSubstr;

TEST(LimitedLog, WritesSomeAndCountsTheOthers) {
  std::ostringstream text;
  Logger logger(LogFormat::kText, LogLevel::kInfo,
                std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  Metrics metrics("1", "c");
  {
    LimitedLog log(logger, metrics);
    for (int i = 0; i < 500; ++i) log.Log("10.0.0.7", LogLevel::kWarning, "refused", {});
    log.Log("10.0.0.8", LogLevel::kWarning, "refused", {});
  }
  std::string lines = text.str();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 10 + 1 + 1);
  EXPECT_THAT(lines, HasSubstr("were not written address=10.0.0.7 lines=490"));
  EXPECT_THAT(metrics.Text(), HasSubstr("stateserver_log_lines_left_out_total 490"));
}

TEST(LimitedLog, ManyAddressesShareABound) {
  std::ostringstream text;
  Logger logger(LogFormat::kText, LogLevel::kInfo,
                std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  Metrics metrics("1", "c");
  {
    LimitedLog log(logger, metrics);
    for (int i = 0; i < 5000; ++i) {
      log.Log("2001:db8:0:" + std::to_string(i) + "::/64", LogLevel::kWarning, "refused", {});
    }
  }
  std::string lines = text.str();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 256 + 10 + 1);
  EXPECT_THAT(lines, HasSubstr("address=\"other addresses\" lines=4734"));
}

}  // namespace
}  // namespace stateserver::telemetry
