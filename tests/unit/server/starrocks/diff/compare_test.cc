// SPDX-License-Identifier: Apache-2.0
//
// Differences that are some, and those that are none.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/compare/compare_tables.h"
#include "server/starrocks/diff/compare/compare_views.h"
#include "server/starrocks/diff/compare/queries.h"
#include "server/starrocks/diff/plan/planner.h"
#include "tests/unit/server/starrocks/ddl/corpus.h"

namespace stateserver::schema {
namespace {

using testing::Line;
using testing::ReadLines;

const ObjectName kName{"harbor", "t"};

std::string Text(const Comparison& comparison) {
  std::string text;
  for (const Difference& one : comparison.differences) {
    text += one.attribute + ": " + one.live + " -> " + one.declared + "\n";
  }
  return text;
}

std::vector<Object> Objects(const std::string& sql, const std::string& database) {
  ParsedScript script = ParseScript(sql, "t.sql", database);
  EXPECT_TRUE(script.errors.empty()) << script.errors.at(0).Text();
  return script.objects;
}

Plan PlanBetween(const std::string& live, const std::string& declared, Engine engine = {},
                 const std::string& database = kName.database) {
  LiveSchema from;
  from.database = database;
  from.engine = engine;
  std::vector<Object> to = Objects(declared, database);
  for (Object& object : Objects(live, database)) {
    // SHOW CREATE does not tell.
    if (auto* table = std::get_if<Table>(&object.definition); table != nullptr && to.size() == 1) {
      table->rollups = std::get<Table>(to[0].definition).rollups;
    }
    from.objects.push_back({std::move(object), std::nullopt, ""});
  }
  PlanOptions options;
  options.partitions = true;
  absl::StatusOr<Plan> plan = MakePlan(from, /*printed=*/true, to, options);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *std::move(plan) : Plan();
}

// Returns the statements of the plan from one table to the other, and its refusals.
std::string Differences(const std::string& live, const std::string& declared, Engine engine = {}) {
  Plan plan = PlanBetween(live, declared, engine);
  std::string text;
  for (const Step& step : plan.steps) text += step.statement + "\n";
  for (const Refusal& one : plan.refusals) {
    text += one.attribute + ": " + one.from + " -> " + one.to + "\n";
  }
  return text;
}

// A table with one column and what `rest` adds to it.
std::string T(const std::string& rest, const std::string& columns = "k INT") {
  return "CREATE TABLE t (" + columns + ") " + rest;
}

TEST(CompareTest, ViewsJustAppliedAreEqual) {
  int compared = 0;
  for (const Line& line : ReadLines("show_create.jsonl")) {
    if (line.kind != "create view" && line.kind != "create materialized view") continue;
    if (line.show_create.empty()) continue;
    ParsedScript written = ParseScript(line.ddl, line.id),
                 printed = ParseScript(line.show_create, line.id);
    ASSERT_TRUE(written.errors.empty() && printed.errors.empty()) << line.id;
    const auto& live = printed.objects.at(0).definition;
    const auto& wanted = written.objects.at(0).definition;
    const auto* view = std::get_if<View>(&live);
    Comparison found = view != nullptr
                           ? CompareViews(kName, *view, std::get<View>(wanted))
                           : CompareMaterializedViews(kName, std::get<MaterializedView>(live),
                                                      std::get<MaterializedView>(wanted), {});
    EXPECT_EQ(Text(found), "") << line.id;
    ++compared;
  }
  EXPECT_GT(compared, 8);
}

TEST(CompareTest, WhatWasJustAppliedIsEqual) {
  int compared = 0;
  for (const Line& line : ReadLines("show_create.jsonl")) {
    if (line.kind != "create table" || !line.show_create.starts_with("CREATE TABLE")) continue;
    ParsedScript written = ParseScript(line.ddl, line.id);
    if (!written.errors.empty()) continue;  // LIKE, CTAS
    EXPECT_EQ(Differences(line.show_create, line.ddl), "") << line.id << " " << line.ddl;
    ++compared;
  }
  EXPECT_GT(compared, 40);
}

TEST(CompareTest, WhatTheEngineFillsInIsNoDifference) {
  EXPECT_EQ(Differences(T("DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 8 PROPERTIES "
                          "(\"replication_num\" = \"3\", \"compression\" = \"LZ4\")"),
                        T("DISTRIBUTED BY HASH(K)")),
            "");
  EXPECT_EQ(Differences(T("PRIMARY KEY(`k`) DISTRIBUTED BY HASH(`k`)", "`k` int(11) NOT NULL"),
                        T("PRIMARY KEY(k)", "K INTEGER")),
            "");
  EXPECT_EQ(Differences(T("AGGREGATE KEY(k) DISTRIBUTED BY RANDOM PROPERTIES (\"bucket_size\" = "
                          "\"1073741824\")",
                          "k INT NULL, v INT SUM NULL"),
                        T("", "k INT KEY, v INT SUM")),
            "");
}

TEST(CompareTest, DefaultsDependOnTheRunMode) {
  auto normal = [](const char* replicas, RunMode mode) {
    Table table;
    table.properties["replication_num"] = replicas;
    return NormalProperties(kName, table, {{4, 0, 0}, mode}).size();
  };
  EXPECT_EQ(normal("1", RunMode::kSharedNothing), 1U);
  EXPECT_EQ(normal("3", RunMode::kSharedNothing), 0U);
  EXPECT_EQ(normal("1", RunMode::kSharedData), 0U);
}

TEST(CompareTest, PropertiesThatAreNotDeclaredAreUnmanaged) {
  std::string one = T("PROPERTIES (\"replication_num\" = \"1\", \"write_quorum\" = \"ALL\")");
  EXPECT_EQ(Differences(one, T("")), "");
  Plan plan = PlanBetween(one, T(""));
  ASSERT_EQ(plan.unmanaged.size(), 2U);
  EXPECT_EQ(plan.unmanaged[0].attribute, "property replication_num");
  EXPECT_EQ(plan.unmanaged[1].reason, "it is \"ALL\", and not declared");
}

TEST(CompareTest, ADeclaredDefaultIsSet) {
  std::string one = T("PROPERTIES (\"replication_num\" = \"1\", \"write_quorum\" = \"ONE\")");
  EXPECT_EQ(Differences(one, T("PROPERTIES (\"replication_num\" = \"3\", \"write_quorum\" = "
                               "\"majority\")")),
            "ALTER TABLE `t` SET (\"replication_num\" = \"3\")\n"
            "ALTER TABLE `t` SET (\"write_quorum\" = \"MAJORITY\")\n");
}

std::string WithProperty(const std::string& key, const std::string& value) {
  return T("PROPERTIES (" + QuoteText(key) + " = " + QuoteText(value) + ")");
}

TEST(CompareTest, ValuesInTheSpellingOfTheEngine) {
  auto same = [](const char* key, const char* live, const char* declared) {
    EXPECT_EQ(Differences(WithProperty(key, live), WithProperty(key, declared)), "") << key;
  };
  same("compression", "ZSTD(7)", "zstd(7)");
  same("write_quorum", "ALL", "all");
  same("bloom_filter_columns", "a, b", " B,A ");
  same("unique_constraints", "default_catalog.harbor.t.k, a;default_catalog.harbor.t.b", "k,a; b");
  same("foreign_key_constraints", "(a) REFERENCES default_catalog.harbor.t(k)",
       "( a ) references t (k)");
  same("binlog_version", "7", "0");
  EXPECT_NE(Differences(WithProperty("unique_constraints", "k"),
                        WithProperty("unique_constraints", "k;a")),
            "");
}

TEST(CompareTest, PartitionsByTheirBounds) {
  std::string batch =
      T("PARTITION BY RANGE(k) (START (\"2030-01-01\") END (\"2030-03-01\") EVERY "
        "(INTERVAL 1 MONTH))",
        "k DATE");
  std::string listed =
      T("PARTITION BY RANGE(k) (PARTITION p203001 VALUES [(\"2030-01-01\"), "
        "(\"2030-02-01\")), PARTITION p203002 VALUES LESS THAN (\"2030-03-01\"))",
        "k DATE");
  EXPECT_EQ(Differences(listed, batch), "");
  std::string fewer =
      T("PARTITION BY RANGE(k) (PARTITION p203001 VALUES [(\"2030-01-01\"), "
        "(\"2030-02-02\")))",
        "k DATE");
  EXPECT_EQ(
      Differences(listed, fewer),
      "ALTER TABLE `t` DROP PARTITION `p203001`\nALTER TABLE `t` DROP PARTITION `p203002`\n"
      "ALTER TABLE `t` ADD PARTITION `p203001` VALUES [(\"2030-01-01\"), (\"2030-02-02\"))\n");
  std::string members =
      T("PARTITION BY LIST(k) (PARTITION a VALUES IN ('x', NULL))", "k VARCHAR(9)");
  EXPECT_EQ(Differences(members, T("PARTITION BY LIST(k) (PARTITION a VALUES IN (\"NULL\", \"x\"))",
                                   "k VARCHAR(9)")),
            "");
  EXPECT_EQ(Differences(batch, T("PARTITION BY LIST(k) ()", "k DATE")),
            "partition scheme: RANGE(k) -> LIST(k)\n");
}

TEST(CompareTest, EveryAttributeOfAColumn) {
  auto column = [](const std::string& live, const std::string& declared) {
    return Differences(T("", "k INT, c " + live), T("", "k INT, c " + declared));
  };
  EXPECT_EQ(column("INT NULL", "INT DEFAULT NULL"), "");
  EXPECT_EQ(column("BIGINT NULL AS `k` * 2", "BIGINT AS K*2"), "");
  EXPECT_EQ(column("BIGINT NULL AS k * 2", "BIGINT AS k * 3"),
            "ALTER TABLE `t` MODIFY COLUMN `c` BIGINT NULL AS k * 3\n");
  EXPECT_EQ(column("TINYINT", "BOOLEAN"), "column c: `c` TINYINT NULL -> `c` BOOLEAN NULL\n");
  EXPECT_EQ(column("INT NOT NULL DEFAULT \"1\" COMMENT \"a\"", "INT NOT NULL DEFAULT \"1\""),
            "ALTER TABLE `t` MODIFY COLUMN `c` COMMENT \"\"\n");
  EXPECT_EQ(Differences(T("", "a INT, b INT, c INT"), T("", "c INT, a INT")),
            "ALTER TABLE `t` DROP COLUMN `b`\nALTER TABLE `t` ORDER BY (`c`, `a`)\n");
}

TEST(CompareTest, RewrittenQueriesAreTheSame) {
  for (auto [live, declared] : std::initializer_list<std::pair<const char*, const char*>>{
           {"SELECT `harbor`.`t`.`a` FROM `harbor`.`t`", "select A from t -- all"},
           {"SELECT `harbor`.`t`.`a` AS `b`, count(*) AS `count(*)` FROM `harbor`.`t`",
            "SELECT a b, count(*) FROM t"},
           {"SELECT 1 FROM `harbor`.`t` AS `x` WHERE (`x`.`a` > 3) AND (`x`.`b` != 'Q')",
            "SELECT 1 FROM t x WHERE a > 3 and x.b <> \"Q\""},
           {"SELECT (`t`.`a` + (`t`.`b` * 2)) AS `a + b * 2` FROM `harbor`.`t`",
            "SELECT a + b * 2 FROM t"},
           {"WITH `w` (`a`) AS (SELECT `t`.`a` FROM `harbor`.`t`) SELECT `w`.`a` FROM `w` ORDER BY "
            "`w`.`a` ASC",
            "WITH w AS (SELECT a FROM t) SELECT a FROM w ORDER BY a"},
           {"SELECT 1 FROM `harbor`.`t` INNER JOIN `harbor`.`u` ON `t`.`a` = `u`.`a`",
            "SELECT 1 FROM t JOIN u ON t.a = u.a"},
           {"SELECT (-(1)) AS `-1`", "SELECT -1"}}) {
    EXPECT_TRUE(SameQuery(live, declared, "harbor")) << live << "\n" << declared;
  }
}

TEST(CompareTest, OtherQueriesAreNot) {
  for (auto [live, declared] : std::initializer_list<std::pair<const char*, const char*>>{
           {"SELECT `harbor`.`t`.`a` FROM `harbor`.`t`", "SELECT b FROM t"},
           {"SELECT `t`.`a` FROM `other`.`t`", "SELECT a FROM t"},
           {"SELECT a FROM t", "SELECT a FROM T"},
           {"SELECT a AS total FROM t", "SELECT a FROM t"},
           {"SELECT t.a FROM t JOIN u ON t.a = u.a", "SELECT u.a FROM t JOIN u ON t.a = u.a"},
           {"SELECT (a + b) * c FROM t", "SELECT a + b * c FROM t"},
           {"SELECT a - (b - c) FROM t", "SELECT a - b - c FROM t"},
           {"SELECT 1 FROM t WHERE (a OR b) AND c", "SELECT 1 FROM t WHERE a OR b AND c"},
           {"SELECT 'x' FROM t", "SELECT 'X' FROM t"},
           {"SELECT a FROM t ORDER BY a DESC", "SELECT a FROM t ORDER BY a"},
           {"SELECT a FROM t LEFT OUTER JOIN u ON a = b", "SELECT a FROM t JOIN u ON a = b"},
           {"SELECT a FROM t LIMIT 3", "SELECT a FROM t"},
           {"SELECT DISTINCT a FROM t", "SELECT a FROM t"}}) {
    EXPECT_FALSE(SameQuery(live, declared, "harbor")) << live << "\n" << declared;
  }
}

TEST(CompareTest, WhatIsLeftToTheEngineIsSaid) {
  Plan plan = PlanBetween(
      T("DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 4 PROPERTIES (\"partition_ttl\" = "
        "\"3 days\")"),
      T("DISTRIBUTED BY HASH(k) PROPERTIES (\"bloom_filter_fpp\" = \"0.1\")"));
  EXPECT_TRUE(plan.steps.empty() && plan.refusals.empty());
  std::vector<std::string> left;
  for (const auto& one : plan.unmanaged) left.push_back(one.attribute);
  EXPECT_EQ(left, (std::vector<std::string>{"buckets", "property bloom_filter_fpp",
                                            "property partition_ttl"}));
}

TEST(CompareTest, ParenthesesAroundAGeneratedColumnAreNone) {
  EXPECT_EQ(Differences(T("", "k INT, g BIGINT AS `k` * 2"), T("", "k INT, g BIGINT AS (k * 2)")),
            "");
  EXPECT_NE(
      Differences(T("", "k INT, g BIGINT AS k * (2 + k)"), T("", "k INT, g BIGINT AS k * 2 + k")),
      "");
}

}  // namespace
}  // namespace stateserver::schema
