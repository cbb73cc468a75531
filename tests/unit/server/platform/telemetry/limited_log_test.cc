// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/limited_log.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ostream_sink.h"

namespace stateserver::telemetry {
namespace {

using testing::HasSubstr;

// The lines of a log: those that were logged, and how many others it says there were.
struct Lines {
  explicit Lines(const std::string& text) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      size_t count = line.find(" lines=");
      if (count == std::string::npos) {
        ++written;
      } else {
        left_out += std::stoi(line.substr(count + 7));
      }
    }
  }
  int written = 0;
  int left_out = 0;
};

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
  Lines lines(text.str());
  EXPECT_EQ(lines.written, 10 + 1);
  EXPECT_EQ(lines.left_out, 490);
  EXPECT_THAT(text.str(), HasSubstr("were not written address=10.0.0.7 lines="));
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
  Lines lines(text.str());
  EXPECT_EQ(lines.written, 256 + 10);
  EXPECT_EQ(lines.left_out, 5000 - 256 - 10);
  EXPECT_THAT(text.str(), HasSubstr("address=\"other addresses\" lines="));
}

}  // namespace
}  // namespace stateserver::telemetry
