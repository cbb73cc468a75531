// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/health.h"

#include <atomic>

#include "common/error.h"
#include "gmock/gmock.h"
#include "tests/unit/server/rpc/rpc_fixture.h"

namespace stateserver::rpc {
namespace {

using testing::HasSubstr;

class HealthTest : public RpcTest {
 protected:
  void SetUp() override {
    StartServer();
    channel_ = Channel();
  }

  std::unique_ptr<HealthReporter> NewReporter() {
    HealthReporter::Options options;
    options.interval = absl::Milliseconds(2);
    options.interval_after_failure = absl::Milliseconds(1);
    return std::make_unique<HealthReporter>(
        server_->health(), metrics_, logger_,
        [this](const std::string& gateway) -> absl::Status {
          if (gateway == "slow") absl::SleepFor(absl::Milliseconds(300));
          if (up_) return absl::OkStatus();
          return Error(Reason::DATABASE_UNREACHABLE, "connection refused");
        },
        options);
  }

  bool Becomes(const std::string& service, const std::string& state) {
    return Eventually([&] { return Health(service, channel_) == state; });
  }

  std::atomic<bool> up_ = true;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(HealthTest, FollowsTheDatabaseOfAGateway) {
  auto reporter = NewReporter();
  EXPECT_EQ(Health("", channel_), "SERVING");
  EXPECT_EQ(Health("gateway/prod", channel_), std::to_string(grpc::StatusCode::NOT_FOUND));
  reporter->SetGateways({"prod"});
  EXPECT_TRUE(Becomes("gateway/prod", "SERVING"));
  up_ = false;
  EXPECT_TRUE(Becomes("gateway/prod", "NOT_SERVING"));
  EXPECT_EQ(Health("", channel_), "SERVING");
  EXPECT_TRUE(Eventually([&] {
    return metrics_.Text().find("stateserver_gateway_up{gateway=\"prod\"} 0") != std::string::npos;
  }));
  up_ = true;
  EXPECT_TRUE(Becomes("gateway/prod", "SERVING"));
  reporter.reset();
  std::vector<std::string> lines = LogLines();
  ASSERT_EQ(lines.size(), 2u);  // one for each change, not for each check
  EXPECT_THAT(lines[0], HasSubstr("connection refused"));
  EXPECT_THAT(lines[1], HasSubstr("answers again"));
}

TEST_F(HealthTest, AGatewayThatHangsDoesNotHoldUpOthers) {
  auto reporter = NewReporter();
  reporter->SetGateways({"prod", "slow"});
  EXPECT_TRUE(Becomes("gateway/prod", "SERVING"));
  EXPECT_EQ(Health("gateway/slow", channel_), "NOT_SERVING");
  EXPECT_TRUE(Becomes("gateway/slow", "SERVING"));
}

TEST_F(HealthTest, WaitsForTheFirstCheckOfEach) {
  auto reporter = NewReporter();
  reporter->SetGateways({"prod", "slow"});
  EXPECT_FALSE(reporter->WaitChecked(absl::Milliseconds(50)));
  EXPECT_TRUE(reporter->WaitChecked(absl::Seconds(10)));
  EXPECT_EQ(Health("gateway/slow", channel_), "SERVING");
}

TEST_F(HealthTest, AGatewayThatIsGoneStaysDown) {
  auto reporter = NewReporter();
  reporter->SetGateways({"old", "prod"});
  ASSERT_TRUE(Becomes("gateway/old", "SERVING"));
  reporter->SetGateways({"prod"});
  EXPECT_EQ(Health("gateway/old", channel_), "NOT_SERVING");
  EXPECT_TRUE(Becomes("gateway/prod", "SERVING"));
  EXPECT_THAT(metrics_.Text(), testing::Not(HasSubstr("gateway=\"old\"")));
}

TEST_F(HealthTest, OnlyTheProcessLivesAfterShutdown) {
  auto reporter = NewReporter();
  reporter->SetGateways({"prod"});
  ASSERT_TRUE(Becomes("gateway/prod", "SERVING"));
  reporter->Shutdown();
  EXPECT_EQ(Health("", channel_), "NOT_SERVING");
  absl::SleepFor(absl::Milliseconds(50));  // checks go on, and change nothing
  EXPECT_EQ(Health("gateway/prod", channel_), "NOT_SERVING");
  EXPECT_EQ(Health("liveness", channel_), "SERVING");
}

}  // namespace
}  // namespace stateserver::rpc
