// SPDX-License-Identifier: Apache-2.0
//
// The queries that revisions give to views.
#include "server/starrocks/revisions/run/view_queries.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/starrocks/ddl/script.h"

namespace stateserver::revisions {
namespace {

std::string GivenBy(const std::string& statement) {
  std::optional<GivenQuery> given = QueryGivenBy(statement, "db");
  return given ? given->object + ": " + given->query : "";
}

TEST(QueryGivenBy, OfEveryStatementThatGivesOne) {
  EXPECT_EQ(GivenBy("CREATE VIEW `v` AS SELECT 1"), "v: SELECT 1");
  EXPECT_EQ(GivenBy("CREATE OR REPLACE VIEW v (a) COMMENT 'x' AS SELECT 1"), "v: SELECT 1");
  EXPECT_EQ(GivenBy("ALTER VIEW db.v AS SELECT 1"), "v: SELECT 1");
  EXPECT_EQ(GivenBy("CREATE MATERIALIZED VIEW m REFRESH MANUAL AS SELECT k FROM t"),
            "m: SELECT k FROM t");
}

TEST(QueryGivenBy, NotOfOthers) {
  for (const char* statement : {
           "CREATE VIEW IF NOT EXISTS v AS SELECT 1",        // perhaps it is another one
           "CREATE VIEW other.v AS SELECT 1",                // another database
           "CREATE MATERIALIZED VIEW r AS SELECT k FROM t",  // a rollup of its table
           "ALTER VIEW v SET SECURITY INVOKER",
           "CREATE TABLE t (k INT)",
           "DROP VIEW v",
           "no statement",
       }) {
    EXPECT_EQ(GivenBy(statement), "") << statement;
  }
}

TEST(GivenQueriesTest, TheLastOneOfEachObjectThatStays) {
  std::vector<SqlStep> steps(6);
  steps[0].statement = "CREATE VIEW v AS SELECT k FROM t";
  steps[1].statement = "CREATE VIEW w AS SELECT k FROM other.u";
  steps[2].statement = "ALTER VIEW v AS SELECT n FROM t JOIN u ON true";
  steps[3].statement = "CREATE VIEW gone AS SELECT 1";
  steps[4].statement = "DROP VIEW gone";
  steps[5].statement = "ALTER TABLE t ADD COLUMN c INT";
  GivenQueries given("db");
  given.Add(steps, "r1");
  ASSERT_EQ(given.all().size(), 2);
  EXPECT_EQ(given.all().at("v").query, "SELECT n FROM t JOIN u ON true");
  EXPECT_EQ(given.all().at("v").revision, "r1");
  EXPECT_EQ(given.Names(), (std::set<std::string>{"v", "w", "t", "u"}));
}

TEST(RecordOfTest, WhatTheLiveSchemaShows) {
  schema::LiveSchema live;
  live.database = "db";
  for (schema::Object& one :
       schema::ParseScript("CREATE TABLE t (k INT, n INT); CREATE VIEW v (k, n) AS SELECT "
                           "`db`.`t`.`k`, `db`.`t`.`n` FROM `db`.`t`; CREATE VIEW same AS SELECT 1",
                           "test", "db")
           .objects) {
    live.objects.push_back({std::move(one), std::nullopt, ""});
  }
  auto record = RecordOf({"v", "SELECT * FROM t", "r1"}, live);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->object, "v");
  EXPECT_EQ(record->revision, "r1");
  EXPECT_EQ(record->declared, "SELECT * FROM t");
  EXPECT_EQ(record->digests.live,
            schema::query::LiveDigest("SELECT `db`.`t`.`k`, `db`.`t`.`n` FROM `db`.`t`"));
  EXPECT_FALSE(RecordOf({"missing", "SELECT 1", "r1"}, live));
  EXPECT_FALSE(RecordOf({"same", "SELECT 1", "r1"}, live));
}

}  // namespace
}  // namespace stateserver::revisions
