// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/sql_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stateserver::migrations {
namespace {

using ::testing::ElementsAre;

TEST(SqlListsTest, CommasInBracketsTextsAndCommentsDoNotSplit) {
  EXPECT_THAT(SplitSqlList(" a , f(b, c), 'd, e' /* , */, \"g,\" -- ,\n, [h, i]"),
              ElementsAre("a", "f(b, c)", "'d, e' /* , */", "\"g,\" -- ,", "[h, i]"));
  EXPECT_THAT(SplitSqlList("a,"), ElementsAre("a", ""));
  EXPECT_THAT(SplitSqlList(" \n"), ElementsAre());
}

TEST(SqlListsTest, OnePairOfParenthesesAroundEverything) {
  for (const char* sql : {"()", "(a)", "((a), (b))", "(')')"}) EXPECT_TRUE(IsParenthesized(sql));
  for (const char* sql : {"", "a", "(a) + (b)", "(a", "a)", " (a)", "(')"}) {
    EXPECT_FALSE(IsParenthesized(sql)) << sql;
  }
}

TEST(SqlListsTest, ABracketIsOutsideOfItsPair) {
  std::vector<int> depths;
  for (const SqlToken& token : ScanSql("a(b[c])d")) depths.push_back(token.depth);
  EXPECT_THAT(depths, ElementsAre(0, 0, 1, 1, 2, 1, 0, 0));
}

}  // namespace
}  // namespace stateserver::migrations
