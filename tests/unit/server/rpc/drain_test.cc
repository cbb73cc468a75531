// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/drain.h"

#include <thread>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace stateserver::rpc {
namespace {

TEST(Drain, TakesCallsOnlyWhileRunning) {
  Drain drain;
  EXPECT_TRUE(drain.Enter());
  EXPECT_EQ(drain.in_flight(), 1);
  drain.Start();
  EXPECT_FALSE(drain.Enter());
  EXPECT_EQ(drain.in_flight(), 1);
  drain.Leave();
  EXPECT_TRUE(drain.WaitIdle(absl::ZeroDuration()));
}

TEST(Drain, NeverGoesBack) {
  Drain drain;
  drain.Force();
  drain.Start();
  EXPECT_TRUE(drain.forced());
  EXPECT_FALSE(drain.Enter());
}

TEST(Drain, ForceEndsTheWaitForGrace) {
  Drain drain;
  ASSERT_TRUE(drain.Enter());
  drain.Start();
  std::thread other([&] {
    absl::SleepFor(absl::Milliseconds(20));
    drain.Force();
  });
  absl::Time start = absl::Now();
  EXPECT_FALSE(drain.WaitIdle(absl::Minutes(5)));
  EXPECT_LT(absl::Now() - start, absl::Minutes(1));
  other.join();
}

TEST(Drain, WaitsForTheLastCall) {
  Drain drain;
  ASSERT_TRUE(drain.Enter());
  drain.Start();
  std::thread other([&] {
    absl::SleepFor(absl::Milliseconds(20));
    drain.Leave();
  });
  EXPECT_TRUE(drain.WaitIdle(absl::Minutes(5)));
  other.join();
  ASSERT_EQ(drain.in_flight(), 0);
}

TEST(Drain, AForcedWaitHasALimit) {
  Drain drain;
  ASSERT_TRUE(drain.Enter());
  drain.Force();
  EXPECT_FALSE(drain.WaitIdleForced(absl::Milliseconds(10)));
  drain.Leave();
  EXPECT_TRUE(drain.WaitIdleForced(absl::Milliseconds(10)));
}

}  // namespace
}  // namespace stateserver::rpc
