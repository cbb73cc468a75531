// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/times.h"

#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace stateserver::rpc {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

TEST(Times, ThereAndBack) {
  for (int64_t epoch_ms : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{-1000}, int64_t{-1001},
                           int64_t{1795341787654}}) {
    EXPECT_EQ(TimeFromProto(TimeToProto(epoch_ms)), epoch_ms);
  }
}

TEST(Times, NanosecondsCountUpwards) {
  google::protobuf::Timestamp before_1970 = TimeToProto(-1);
  EXPECT_EQ(before_1970.seconds(), -1);
  EXPECT_EQ(before_1970.nanos(), 999'000'000);
}

TEST(Times, WhatACallerSendsSaturates) {
  google::protobuf::Timestamp time;
  time.set_seconds(kMost);
  EXPECT_EQ(TimeFromProto(time), kMost);
  time.set_seconds(std::numeric_limits<int64_t>::min());
  EXPECT_EQ(TimeFromProto(time), std::numeric_limits<int64_t>::min());
  google::protobuf::Duration duration;
  duration.set_seconds(kMost);
  EXPECT_GT(DurationFromProto(duration), absl::Hours(1'000'000));
}

TEST(Durations, ThereAndBack) {
  for (absl::Duration duration : {absl::ZeroDuration(), absl::Milliseconds(1500),
                                  absl::Milliseconds(-1500), absl::Nanoseconds(1)}) {
    EXPECT_EQ(DurationFromProto(DurationToProto(duration)), duration);
  }
}

}  // namespace
}  // namespace stateserver::rpc
