// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <cstdio>

#include "absl/time/clock.h"
#include "server/app/signals.h"

namespace stateserver::app {
namespace {

TEST(ExitLimitTest, EndsTheProcessOnceTheTimeIsOver) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        ExitLimit limit(absl::Milliseconds(50), [] { std::fputs("no longer", stderr); });
        absl::SleepFor(absl::Minutes(1));
      },
      ::testing::ExitedWithCode(0), "no longer");
}

TEST(ExitLimitTest, DoesNothingWhenItIsGoneBefore) {
  bool called = false;
  {
    ExitLimit limit(absl::Minutes(1), [&] { called = true; });
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace stateserver::app
