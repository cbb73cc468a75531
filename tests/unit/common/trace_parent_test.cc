// SPDX-License-Identifier: Apache-2.0

#include "common/trace_parent.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stateserver {
namespace {

using testing::MatchesRegex;

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";

TEST(TraceParent, OnlyWellFormedOnesCount) {
  EXPECT_EQ(TraceIdOf(std::string("00-") + kTrace + "-00f067aa0ba902b7-01"), kTrace);
  EXPECT_EQ(TraceIdOf(""), "");
  EXPECT_EQ(TraceIdOf("00-short-00f067aa0ba902b7-01"), "");
  EXPECT_EQ(TraceIdOf("00-00000000000000000000000000000000-00f067aa0ba902b7-01"), "");
  EXPECT_EQ(TraceIdOf("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"), "");
}

TEST(TraceParent, ANewOneGoesOnWithATraceOrBeginsOne) {
  std::string next = NewTraceParent(kTrace);
  EXPECT_THAT(next, MatchesRegex("00-[0-9a-f]+-[0-9a-f]+-01"));
  EXPECT_EQ(next.size(), 55u);
  EXPECT_EQ(TraceIdOf(next), kTrace);
  EXPECT_NE(NewTraceParent(kTrace), next) << "a span of its own";
  std::string first = NewTraceParent();
  EXPECT_EQ(first.size(), 55u);
  EXPECT_EQ(TraceIdOf(first).size(), 32u);
  EXPECT_NE(TraceIdOf(NewTraceParent()), TraceIdOf(first));
}

}  // namespace
}  // namespace stateserver
