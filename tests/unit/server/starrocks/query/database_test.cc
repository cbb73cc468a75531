// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/database.h"

#include <gtest/gtest.h>

#include "server/starrocks/query/same.h"
#include "tests/unit/server/starrocks/query/engine_views.h"

namespace stateserver::schema::query {
namespace {

TEST(WithoutDatabaseTest, OnlyQualifiersGo) {
  auto without = [](std::string_view query) { return WithoutDatabase(query, "dev"); };
  EXPECT_EQ(without("SELECT `dev`.`o`.`id`,\n  dev.o.day FROM `dev`.`o` -- dev.o"),
            "SELECT `o`.`id`,\n  o.day FROM `o` -- dev.o");
  EXPECT_EQ(without("SELECT `dev`.`a`.`id` FROM `dev`.`o` AS `a` JOIN `other`.`p` ON "
                    "`dev`.`a`.`id` = `other`.`p`.`id`"),
            "SELECT `a`.`id` FROM `o` AS `a` JOIN `other`.`p` ON `a`.`id` = `other`.`p`.`id`");
  EXPECT_EQ(without("SELECT dev.o.* FROM dev.o"), "SELECT o.* FROM o");
  EXPECT_EQ(without("SELECT 'dev.o' AS dev FROM (SELECT dev.o.s.dev FROM dev.o) x"),
            "SELECT 'dev.o' AS dev FROM (SELECT o.s.dev FROM o) x");
}

TEST(WithoutDatabaseTest, WhatCouldMeanSomethingElseStays) {
  for (std::string_view query : {
           "SELECT dev.k FROM t AS dev",                             // an alias
           "SELECT k FROM dev.t AS x JOIN u AS dev ON x.k = dev.k",  // both
           "WITH t AS (SELECT k FROM dev.t) SELECT k FROM t",        // of a WITH
           "SELECT dev.k.f FROM t",                                  // not a relation of the query
           "SELECT k FROM dev.t WHERE (",                            // not a query
       }) {
    EXPECT_EQ(WithoutDatabase(query, "dev"), query);
  }
}

TEST(WithoutDatabaseTest, RepeatedBracketsGo) {
  auto without = [](std::string_view query) { return WithoutDatabase(query, "dev"); };
  EXPECT_EQ(without("SELECT a FROM t WHERE a NOT IN (((((SELECT b FROM u)))))"),
            "SELECT a FROM t WHERE a NOT IN (SELECT b FROM u)");
  EXPECT_EQ(without("SELECT a FROM t WHERE a > ((SELECT b FROM u))"),
            "SELECT a FROM t WHERE a > (SELECT b FROM u)");
  EXPECT_EQ(without("SELECT abs(((SELECT b FROM u))), ((a)) FROM t"),
            "SELECT abs((SELECT b FROM u)), ((a)) FROM t");
  for (std::string_view query : {"((SELECT a FROM t) UNION (SELECT a FROM u))",
                                 "SELECT a FROM ((SELECT 1 AS a) UNION SELECT 2) x",
                                 "SELECT abs((SELECT 1)), (((SELECT 1) + 1)) FROM t"}) {
    EXPECT_EQ(without(query), query);
  }
}

TEST(WithoutDatabaseTest, EveryPrintedViewStaysTheSame) {
  testing::EngineViews views;
  for (const testing::EngineView& view : views.views()) {
    if (view.shown.empty()) continue;
    std::string short_text = WithoutDatabase(view.shown, testing::kDatabase);
    EXPECT_EQ(short_text.find("`vq`"), std::string::npos) << short_text;
    EXPECT_EQ(IsPrintedAs(view.shown, short_text, testing::kDatabase, &views.source()),
              std::optional(true))
        << view.shown << "\n"
        << short_text;
    EXPECT_EQ(WithoutDatabase(short_text, testing::kDatabase), short_text);
  }
}

TEST(OtherDatabasesTest, AreThoseOfRelations) {
  EXPECT_EQ(OtherDatabases("SELECT x.a FROM dev.t x, other.u, hive.sales.o, default_catalog.b.v "
                           "WHERE a IN (SELECT a FROM third.w)",
                           "dev"),
            (std::set<std::string>{"b", "hive.sales", "other", "third"}));
}

}  // namespace
}  // namespace stateserver::schema::query
