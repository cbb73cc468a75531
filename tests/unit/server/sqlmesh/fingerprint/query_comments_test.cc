// SPDX-License-Identifier: Apache-2.0
//
// The comments of a query that describe its columns.
#include "server/sqlmesh/fingerprint/query_comments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace stateserver::fingerprint {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::Pair;

using Comments = std::map<std::string, std::string>;

std::optional<Comments> Read(std::string_view sql, std::string_view dialect = "duckdb") {
  Comments comments;
  Unsupported unsupported;
  bool read = ReadQueryComments(sql, *FindExpressionDialect(dialect), &comments, &unsupported);
  EXPECT_EQ(read, !unsupported.any()) << sql;
  if (!read) return std::nullopt;
  return comments;
}

TEST(QueryComments, BehindItemsAndCommas) {
  EXPECT_THAT(Read("SELECT a, -- one\n b AS c -- two\nFROM t"),
              Optional(ElementsAre(Pair("a", "one"), Pair("c", "two"))));
  EXPECT_THAT(Read("SELECT a /* x */ FROM t"), Optional(ElementsAre(Pair("a", "x"))));
}

TEST(QueryComments, NamesAreFoldedAsTheDialectDoes) {
  EXPECT_THAT(Read("SELECT a -- one\nFROM t", "snowflake"),
              Optional(ElementsAre(Pair("A", "one"))));
  EXPECT_THAT(Read("SELECT \"a\" -- one\nFROM t", "snowflake"),
              Optional(ElementsAre(Pair("a", "one"))));
}

TEST(QueryComments, TimesMayStandOutsideTheList) {
  EXPECT_EQ(Read("SELECT a, -- the a\n b -- the b\nFROM t WHERE ds BETWEEN @start_ds AND @end_ts"),
            (Comments{{"a", "the a"}, {"b", "the b"}}));
  EXPECT_EQ(Read("SELECT a, @start_ds AS s -- day\nFROM t"), std::nullopt);
  EXPECT_EQ(Read("SELECT a -- x\nFROM t WHERE b = @mine"), std::nullopt);
  EXPECT_EQ(Read("SELECT a -- x\nFROM t WHERE b = @start_ds(1)"), std::nullopt);
  EXPECT_FALSE(MayHoldMacros("SELECT 1 WHERE a < @execution_epoch AND b > @start_date"));
  for (std::string_view sql :
       {"@f(a)", "@{x}", "@start_ds(a)", "@start_dss", "@latest_ds", "{{ x }}", "@"}) {
    EXPECT_TRUE(MayHoldMacros(sql)) << sql;
  }
}

TEST(QueryComments, MarksInsideTextsAreNone) {
  EXPECT_THAT(Read("SELECT '-- no' AS a FROM t"), Optional(IsEmpty()));
}

TEST(QueryComments, OtherQueriesHaveNoRule) {
  EXPECT_EQ(Read("SELECT @v AS a -- macro\nFROM t"), std::nullopt);
  EXPECT_EQ(Read("SELECT a -- x\n AS b FROM t"), std::nullopt);
  EXPECT_EQ(Read("SELECT a -- one\nFROM t UNION SELECT b -- two\nFROM u"), std::nullopt);
}

TEST(QueryComments, MayHoldThemOnlyWithAMark) {
  const Dialect* mysql = FindExpressionDialect("mysql");
  EXPECT_FALSE(MayHoldComments("SELECT a FROM t", mysql));
  EXPECT_TRUE(MayHoldComments("SELECT a -- x", mysql));
  EXPECT_TRUE(MayHoldComments("SELECT a # x", mysql));
  EXPECT_TRUE(MayHoldComments("SELECT a /* x */", mysql));
}

}  // namespace
}  // namespace stateserver::fingerprint
