// SPDX-License-Identifier: Apache-2.0

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/running_calls.h"

namespace stateserver::rpc {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

TEST(Phases, NoneWereEntered) { EXPECT_EQ(Phases().Text(), ""); }

TEST(Phases, StandInTheOrderOfTheirBegin) {
  Phases phases;
  phases.Enter("open");
  phases.Enter("stage");
  phases.Enter("stage");
  phases.Enter("lock");
  phases.Enter("stage");
  EXPECT_THAT(phases.Text(), MatchesRegex("open [0-9ms]+, stage [0-9ms]+, lock [0-9ms]+"));
}

TEST(Phases, ThoseBeyondTheBoundCountTogether) {
  Phases phases;
  for (size_t i = 0; i < 3 * Phases::kMax; ++i) phases.Enter("p" + std::to_string(i));
  EXPECT_THAT(phases.Text(), HasSubstr("p19 "));
  EXPECT_THAT(phases.Text(), Not(HasSubstr("p20 ")));
  EXPECT_THAT(phases.Text(), MatchesRegex(".*, others [0-9a-z]+"));
}

}  // namespace
}  // namespace stateserver::rpc
