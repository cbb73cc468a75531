// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/throttle.h"

#include "gtest/gtest.h"

namespace stateserver::auth {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000);

TEST(Throttle, StopsWhoFailsTooOftenAndForgivesWithTime) {
  Throttle throttle(6);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(throttle.Wait("10.0.0.7", "x", kNow), absl::ZeroDuration()) << i;
    throttle.Failed("10.0.0.7", kNow);
  }
  EXPECT_EQ(throttle.Wait("10.0.0.7", "x", kNow), absl::Seconds(10));
  EXPECT_EQ(throttle.Wait("10.0.0.8", "x", kNow), absl::ZeroDuration());
  EXPECT_EQ(throttle.Wait("10.0.0.7", "x", kNow + absl::Seconds(10)), absl::ZeroDuration());
  throttle.Failed("10.0.0.7", kNow + absl::Seconds(10));
  EXPECT_GT(throttle.Wait("10.0.0.7", "x", kNow + absl::Seconds(11)), absl::ZeroDuration());
  EXPECT_EQ(throttle.Wait("10.0.0.7", "x", kNow + absl::Minutes(2)), absl::ZeroDuration());
}

TEST(Throttle, LetsThroughWhatHeldLately) {
  Throttle throttle(1);
  throttle.Succeeded("good", kNow);
  throttle.Failed("10.0.0.7", kNow);
  EXPECT_GT(throttle.Wait("10.0.0.7", "bad", kNow), absl::ZeroDuration());
  EXPECT_EQ(throttle.Wait("10.0.0.7", "good", kNow), absl::ZeroDuration());
}

TEST(Throttle, RemembersABoundedNumberOfAddresses) {
  Throttle throttle(1);
  for (int i = 0; i < 20'000; ++i) {
    throttle.Failed(std::to_string(i), kNow + absl::Microseconds(i));
  }
  absl::Time later = kNow + absl::Seconds(1);
  EXPECT_EQ(throttle.Wait("0", "x", later), absl::ZeroDuration());
  EXPECT_GT(throttle.Wait("12000", "x", later), absl::ZeroDuration())
      << "the newest 9,000 at least";
  EXPECT_GT(throttle.Wait("19999", "x", later), absl::ZeroDuration());
}

}  // namespace
}  // namespace stateserver::auth
