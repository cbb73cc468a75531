// SPDX-License-Identifier: Apache-2.0

#include "common/occurrence_limit.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stateserver {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);
constexpr absl::Duration kMinute = absl::Minutes(1);

TEST(OccurrenceLimit, LetsSomeThroughAndCountsTheOthers) {
  OccurrenceLimit limit(3, kMinute, 100);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.Admit("a", "rest", kStart));
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(limit.Admit("a", "rest", kStart));
  EXPECT_TRUE(limit.Admit("b", "rest", kStart)) << "keys do not disturb each other";
  auto left_out = limit.TakeLeftOut(kStart);
  ASSERT_EQ(left_out.size(), 1u);
  EXPECT_EQ(left_out[0].key, "a");
  EXPECT_EQ(left_out[0].count, 7);
  EXPECT_TRUE(limit.TakeLeftOut(kStart).empty()) << "each is reported once";
  EXPECT_FALSE(limit.Admit("a", "rest", kStart)) << "reporting opens no new window";
}

TEST(OccurrenceLimit, ANewWindowLetsAsManyThroughAgain) {
  OccurrenceLimit limit(1, kMinute, 100);
  EXPECT_TRUE(limit.Admit("a", "rest", kStart));
  EXPECT_FALSE(limit.Admit("a", "rest", kStart + kMinute - absl::Seconds(1)));
  EXPECT_TRUE(limit.Admit("a", "rest", kStart + kMinute));
  EXPECT_FALSE(limit.Admit("a", "rest", kStart + kMinute));
  auto left_out = limit.TakeLeftOut(kStart + kMinute);
  ASSERT_EQ(left_out.size(), 1u);
  EXPECT_EQ(left_out[0].count, 2) << "nothing of the window before is forgotten";
}

TEST(OccurrenceLimit, ManyKeysShareTheFallback) {
  OccurrenceLimit limit(2, kMinute, 10);
  int admitted = 0;
  for (int i = 0; i < 1000; ++i) {
    if (limit.Admit("key " + std::to_string(i), "rest", kStart)) ++admitted;
  }
  EXPECT_EQ(admitted, 12) << "ten keys once each, and the fallback twice";
  auto left_out = limit.TakeLeftOut(kStart);
  ASSERT_EQ(left_out.size(), 1u);
  EXPECT_EQ(left_out[0].key, "rest");
  EXPECT_EQ(left_out[0].count, 988);
  EXPECT_TRUE(limit.Admit("late", "rest", kStart + kMinute)) << "ended windows make room";
}

}  // namespace
}  // namespace stateserver
