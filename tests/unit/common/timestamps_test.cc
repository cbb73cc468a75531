// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "common/time.h"

namespace stateserver {
namespace {

TEST(TimestampsTest, FormatsLikeSqlmesh) {
  EXPECT_EQ(FormatTimestamp(1795341780000), "2026-11-22 10:03:00+00:00");
  EXPECT_EQ(FormatTimestamp(0), "1970-01-01 00:00:00+00:00");
}

TEST(TimestampsTest, RoundsSecondsDownBeforeTheEpochToo) {
  EXPECT_EQ(FormatTimestamp(1999), "1970-01-01 00:00:01+00:00");
  EXPECT_EQ(FormatTimestamp(-1), "1969-12-31 23:59:59+00:00");
}

TEST(TimestampsTest, KnowsLeapDays) {
  EXPECT_EQ(FormatTimestamp(1709164800000), "2024-02-29 00:00:00+00:00");
}

TEST(TimestampsTest, EdgesOfTheCalendar) {
  EXPECT_EQ(FormatTimestamp(-62135596800000), "0001-01-01 00:00:00+00:00");
  EXPECT_EQ(FormatTimestamp(253402300799999), "9999-12-31 23:59:59+00:00");
  EXPECT_EQ(FormatTimestamp(253402300800000), "253402300800000");
  EXPECT_EQ(FormatTimestamp(INT64_MIN), "-9223372036854775808");
}

TEST(TimestampsTest, FloorToMinute) {
  EXPECT_EQ(FloorToMinute(1795341839999), 1795341780000);
  EXPECT_EQ(FloorToMinute(1795341780000), 1795341780000);
  EXPECT_EQ(FloorToMinute(-1), -60000);
}

TEST(TimestampsTest, NowIsInThisCentury) {
  EXPECT_GT(NowMs(), 1577836800000);
  EXPECT_LT(NowMs(), 4102444800000);
}

}  // namespace
}  // namespace stateserver
