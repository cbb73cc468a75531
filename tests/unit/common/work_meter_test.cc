// SPDX-License-Identifier: Apache-2.0

#include "common/work_meter.h"

#include <gtest/gtest.h>

#include "common/depth.h"
#include "common/error.h"

namespace stateserver {
namespace {

TEST(WorkMeterTest, AsksAtTheFirstUnitAndOnceAnInterval) {
  int asked = 0;
  WorkMeter meter([&] {
    ++asked;
    return absl::OkStatus();
  });
  EXPECT_TRUE(meter.MayContinue());
  EXPECT_EQ(asked, 1);
  for (int64_t i = 1; i < WorkMeter::kInterval; ++i) EXPECT_TRUE(meter.MayContinue());
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(meter.MayContinue());
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(meter.MayContinue(10 * WorkMeter::kInterval));
  EXPECT_EQ(asked, 3);
}

TEST(WorkMeterTest, TheFirstErrorIsFinal) {
  int asked = 0;
  WorkMeter meter([&]() -> absl::Status {
    if (++asked < 3) return absl::OkStatus();
    return Error(Reason::CANCELLED, asked == 3 ? "first" : "later");
  });
  while (meter.MayContinue(1000)) {
  }
  EXPECT_EQ(meter.status().message(), "first");
  EXPECT_FALSE(meter.MayContinue(100 * WorkMeter::kInterval));
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(meter.status().message(), "first");
}

TEST(WorkMeterTest, CountsWithoutAQuestion) {
  WorkMeter meter;
  EXPECT_TRUE(meter.MayContinue(int64_t{1} << 40));
  EXPECT_EQ(meter.units(), int64_t{1} << 40);
}

// Levels that fit into one another before the guard says no.
int LevelsOf(int* depth) {
  DepthGuard guard(depth);
  return guard.TooDeep() ? 0 : 1 + LevelsOf(depth);
}

TEST(DepthGuardTest, CountsUpToTheLimitAndBack) {
  int depth = 0;
  EXPECT_EQ(LevelsOf(&depth), kMostDepth);
  EXPECT_EQ(depth, 0);
}

}  // namespace
}  // namespace stateserver
