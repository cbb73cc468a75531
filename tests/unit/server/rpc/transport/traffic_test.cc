// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/traffic.h"

#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "http2_bytes.h"

namespace stateserver::transport {
namespace {

constexpr int kMaxStreams = 100;

class TrafficTest : public testing::Test {
 protected:
  void Open(uint32_t stream) {
    Client(FrameBytes(FrameType::kHeaders, kFlagEndHeaders, stream, "h"));
  }
  void Client(const std::string& bytes) { traffic_.FromClient(bytes, now_); }
  void Server(const std::string& bytes) { traffic_.FromServer(bytes, now_); }
  // Opens `count` streams and ends each by `end`.
  void Churn(int count, const std::function<void(uint32_t)>& end) {
    for (int i = 0; i < count; ++i) {
      Open(next_);
      end(next_);
      next_ += 2;
    }
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  TrafficWatch traffic_{kMaxStreams};
  uint32_t next_ = 1;
};

TEST_F(TrafficTest, CallsThatAreAnsweredCostNothing) {
  Churn(100'000, [&](uint32_t stream) {
    Server(FrameBytes(FrameType::kHeaders, kFlagEndHeaders, stream, "h") +
           FrameBytes(FrameType::kData, 0, stream, "answer") +
           FrameBytes(FrameType::kHeaders, kFlagEndHeaders | kFlagEndStream, stream, "t"));
  });
  EXPECT_FALSE(traffic_.violation().has_value());
  EXPECT_EQ(traffic_.open_streams(), 0);
  EXPECT_EQ(traffic_.TakeCharge(), 0);
}

TEST_F(TrafficTest, RapidResetsEndTheConnection) {
  Churn(100, [&](uint32_t stream) { Client(ResetBytes(stream, 8)); });
  EXPECT_FALSE(traffic_.violation().has_value());
  EXPECT_EQ(traffic_.TakeCharge(), 100);
  EXPECT_EQ(traffic_.TakeCharge(), 0);
  Churn(1, [&](uint32_t stream) { Client(ResetBytes(stream, 8)); });
  EXPECT_EQ(traffic_.violation(), CloseReason::kTooManyCancelledStreams);
}

TEST_F(TrafficTest, SoDoResetsThatTheServerIsMadeToSend) {
  constexpr uint32_t kFlowControlError = 3;
  Churn(101, [&](uint32_t stream) { Server(ResetBytes(stream, kFlowControlError)); });
  EXPECT_EQ(traffic_.violation(), CloseReason::kTooManyCancelledStreams);
}

TEST_F(TrafficTest, AnAnswerBeforeTheRequestsEndIsNoCancellation) {
  Churn(10'000, [&](uint32_t stream) { Server(ResetBytes(stream, 0)); });
  EXPECT_FALSE(traffic_.violation().has_value());
}

TEST_F(TrafficTest, KnownCallersMayCancelMore) {
  traffic_.SetKnown();
  Churn(1000, [&](uint32_t stream) { Client(ResetBytes(stream, 8)); });
  EXPECT_FALSE(traffic_.violation().has_value());
  Churn(1, [&](uint32_t stream) { Client(ResetBytes(stream, 8)); });
  EXPECT_EQ(traffic_.violation(), CloseReason::kTooManyCancelledStreams);
}

TEST_F(TrafficTest, StreamsOfTheUnknownAreChargedWhenTheyOpenOthersWhenTheyAreCancelled) {
  Open(1);
  Open(3);
  EXPECT_EQ(traffic_.TakeCharge(), 2);
  Server(FrameBytes(FrameType::kHeaders, kFlagEndHeaders | kFlagEndStream, 1, "t"));
  EXPECT_EQ(traffic_.TakeCharge(), -1);
  traffic_.SetKnown();
  EXPECT_EQ(traffic_.TakeCharge(), -1);
  Open(5);
  EXPECT_EQ(traffic_.TakeCharge(), 0);
  Client(ResetBytes(5, 8));
  EXPECT_EQ(traffic_.TakeCharge(), 1);
  EXPECT_EQ(traffic_.TakeLastCharge(), 1);  // 3 is still open
}

TEST_F(TrafficTest, CancellationsAreForgottenWithTime) {
  for (int second = 0; second < 100; ++second) {
    Churn(20, [&](uint32_t stream) { Client(ResetBytes(stream, 8)); });
    now_ += absl::Seconds(1);
  }
  EXPECT_FALSE(traffic_.violation().has_value());
}

TEST_F(TrafficTest, APatientWatchSlowsDownInstead) {
  traffic_.set_patient();
  Churn(150, [&](uint32_t stream) { Client(ResetBytes(stream, 8)); });
  EXPECT_FALSE(traffic_.violation().has_value());
  EXPECT_GT(traffic_.Wait(now_), absl::Milliseconds(1200));
  EXPECT_EQ(traffic_.Wait(now_ + absl::Seconds(10)), absl::ZeroDuration());
}

TEST_F(TrafficTest, StreamsThatAreNeverAnsweredAreBounded) {
  Churn(2 * kMaxStreams, [](uint32_t) {});
  EXPECT_FALSE(traffic_.violation().has_value());
  Churn(1, [](uint32_t) {});
  EXPECT_EQ(traffic_.violation(), CloseReason::kTooManyStreams);
}

TEST_F(TrafficTest, FloodsOfControlFramesEndTheConnection) {
  for (FrameType type :
       {FrameType::kSettings, FrameType::kPing, FrameType::kPriority, FrameType::kWindowUpdate,
        FrameType::kData, FrameType::kGoAway, static_cast<FrameType>(0xfe)}) {
    TrafficWatch traffic(kMaxStreams);
    for (int i = 0; i < 1000; ++i) traffic.FromClient(FrameBytes(type, 0, 0, ""), now_);
    EXPECT_FALSE(traffic.violation().has_value()) << static_cast<int>(type);
    traffic.FromClient(FrameBytes(type, 0, 0, ""), now_);
    EXPECT_EQ(traffic.violation(), CloseReason::kTooManyControlFrames) << static_cast<int>(type);
  }
}

TEST_F(TrafficTest, ResetsOfStreamsThatAreClosedAreControlFrames) {
  for (int i = 0; i < 1001; ++i) Client(ResetBytes(1, 8));
  EXPECT_EQ(traffic_.violation(), CloseReason::kTooManyControlFrames);
}

TEST_F(TrafficTest, WindowUpdatesGoWithTheDataTheyAreAbout) {
  Open(1);
  for (int i = 0; i < 10'000; ++i) {
    Server(FrameBytes(FrameType::kData, 0, 1, std::string(1024, 'd')));
    Client(FrameBytes(FrameType::kWindowUpdate, 0, 1, std::string(4, 'w')));
    Client(FrameBytes(FrameType::kWindowUpdate, 0, 0, std::string(4, 'w')));
  }
  EXPECT_FALSE(traffic_.violation().has_value());
}

TEST_F(TrafficTest, HeaderBlocksAreBoundedInBytesAndFrames) {
  Client(FrameBytes(FrameType::kHeaders, 0, 1, ""));
  for (int i = 0; i < 15; ++i) Client(FrameBytes(FrameType::kContinuation, 0, 1, "x"));
  EXPECT_FALSE(traffic_.violation().has_value());
  Client(FrameBytes(FrameType::kContinuation, 0, 1, "x"));
  EXPECT_EQ(traffic_.violation(), CloseReason::kHeadersTooLarge);

  TrafficWatch large(kMaxStreams);
  large.FromClient(FrameBytes(FrameType::kHeaders, 0, 1, std::string(40 << 10, 'x')), now_);
  large.FromClient(FrameBytes(FrameType::kContinuation, 0, 1, std::string(40 << 10, 'x')), now_);
  EXPECT_EQ(large.violation(), CloseReason::kHeadersTooLarge);
}

TEST_F(TrafficTest, TellsTheOldestStreamWithoutAnAnswer) {
  EXPECT_EQ(traffic_.OldestUnanswered(), absl::InfiniteFuture());
  absl::Time first = now_;
  Open(1);
  now_ += absl::Seconds(5);
  Open(3);
  EXPECT_EQ(traffic_.OldestUnanswered(), first);
  Server(FrameBytes(FrameType::kHeaders, kFlagEndHeaders, 1, "h"));
  EXPECT_EQ(traffic_.OldestUnanswered(), now_);
}

}  // namespace
}  // namespace stateserver::transport
