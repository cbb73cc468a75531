// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/version_table.h"

#include <gtest/gtest.h>

namespace stateserver::revisions {
namespace {

TEST(VersionTableTest, RowsBetweenTwoHeads) {
  EXPECT_TRUE(IsBetween({"a"}, {"a"}, {"b"}));
  EXPECT_TRUE(IsBetween({"b"}, {"a"}, {"b"}));
  EXPECT_FALSE(IsBetween({"c"}, {"a"}, {"b"}));
  // A merge replaces the first row and deletes the second.
  EXPECT_TRUE(IsBetween({"b", "m"}, {"a", "b"}, {"m"}));
  // An undone merge replaces the row and inserts the second.
  EXPECT_TRUE(IsBetween({"a"}, {"m"}, {"a", "b"}));
  // Another branch keeps its row.
  EXPECT_TRUE(IsBetween({"b", "x"}, {"a", "x"}, {"b", "x"}));
  EXPECT_FALSE(IsBetween({"b"}, {"a", "x"}, {"b", "x"}));
  EXPECT_TRUE(IsBetween({}, {}, {"a"}));
  EXPECT_TRUE(IsBetween({}, {"a"}, {}));
  EXPECT_FALSE(IsBetween({}, {"a"}, {"b"}));
}

JournalState StateWith(Direction direction, const std::string& revision) {
  JournalState state;
  state.open.emplace();
  state.open->direction = direction;
  state.open->revision = revision;
  return state;
}

TEST(VersionTableTest, RowsOfAnUpgradeWhoseParentsAreNotKnown) {
  JournalState state = StateWith(Direction::kUpgrade, "m");
  state.heads = {"a", "b"};
  EXPECT_TRUE(LeftByOpenRun({"m"}, state));
  EXPECT_TRUE(LeftByOpenRun({"b", "m"}, state));
  EXPECT_FALSE(LeftByOpenRun({"z"}, state));
  EXPECT_FALSE(LeftByOpenRun({"m", "z"}, state));
  EXPECT_FALSE(LeftByOpenRun({}, state));
}

TEST(VersionTableTest, RowsOfADowngradeWhoseParentsAreNotKnown) {
  JournalState state = StateWith(Direction::kDowngrade, "m");
  state.heads = {"m", "x"};
  state.applied = {{"a", ""}, {"b", ""}, {"m", ""}, {"x", ""}};
  EXPECT_TRUE(LeftByOpenRun({"a", "x"}, state));
  EXPECT_TRUE(LeftByOpenRun({"a", "b", "x"}, state));
  EXPECT_FALSE(LeftByOpenRun({"a", "b"}, state)) << "another branch lost its row";
  EXPECT_FALSE(LeftByOpenRun({"x", "z"}, state));
  state.heads = {"m"};
  state.applied = {{"m", ""}};
  EXPECT_TRUE(LeftByOpenRun({}, state)) << "the first revision is undone";
}

TEST(VersionTableTest, NothingIsLeftWithoutARun) {
  JournalState state;
  state.heads = {"a"};
  EXPECT_FALSE(LeftByOpenRun({"b"}, state));
}

}  // namespace
}  // namespace stateserver::revisions
