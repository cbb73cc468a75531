// SPDX-License-Identifier: Apache-2.0
//
// Plans for views whose rewriting by the engine was recorded.
#include <gtest/gtest.h>

#include <string>

#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema::recorded_queries {
namespace {

constexpr char kTables[] =
    "CREATE TABLE a (id INT, k INT) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1;"
    "CREATE TABLE b (id INT, n INT) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1;";
constexpr char kDeclared[] = "SELECT * FROM a JOIN b USING (id)";
constexpr char kShown[] =
    "SELECT `db`.`a`.`id`, `db`.`a`.`k`, `db`.`b`.`n` FROM `db`.`a` INNER JOIN `db`.`b` USING "
    "(`id`)";
constexpr char kMaterialized[] =
    "CREATE MATERIALIZED VIEW m DISTRIBUTED BY HASH(id) BUCKETS 1 REFRESH MANUAL AS ";

std::vector<Object> Read(const std::string& script) {
  ParsedScript parsed = ParseScript(script, "s.sql", "db");
  EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.at(0).Text();
  return parsed.objects;
}

query::RecordedQueries Recorded() {
  std::vector<Object> tables = Read(kTables);
  query::SchemaColumns columns({&tables[0], &tables[1]});
  return {{query::LiveDigest(kShown), query::DeclaredDigest(kDeclared, "db", &columns)}};
}

Plan PlanOf(const std::string& live, const std::string& declared,
            const query::RecordedQueries& recorded) {
  LiveSchema from;
  from.database = "db";
  for (Object& object : Read(live)) from.objects.push_back({std::move(object), Activity{}, ""});
  PlanOptions options;
  options.recorded = &recorded;
  auto plan = MakePlan(from, true, Read(declared), options);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *plan : Plan();
}

TEST(RecordedQueriesPlan, WhatWasRecordedTogetherIsEqual) {
  const std::string live =
      std::string(kTables) + "CREATE VIEW v (id, k, n) AS " + kShown + ";" + kMaterialized + kShown;
  const std::string declared =
      std::string(kTables) + "CREATE VIEW v AS " + kDeclared + ";" + kMaterialized + kDeclared;
  Plan plan = PlanOf(live, declared, Recorded());
  EXPECT_TRUE(plan.steps.empty()) << plan.steps[0].statement;
  EXPECT_TRUE(plan.refusals.empty()) << plan.refusals[0].reason;
  plan = PlanOf(live, declared, {});
  EXPECT_EQ(plan.steps.size(), 1);
  EXPECT_EQ(plan.refusals.size(), 1);
}

TEST(RecordedQueriesPlan, AnotherColumnIsADifference) {
  std::string wider = kTables;
  wider.replace(wider.find("n INT"), 5, "n INT, more INT");
  Plan plan = PlanOf(std::string(kTables) + "CREATE VIEW v (id, k, n) AS " + kShown,
                     wider + "CREATE VIEW v AS " + kDeclared, Recorded());
  ASSERT_EQ(plan.steps.size(), 2);
  EXPECT_EQ(plan.steps[1].statement, std::string("ALTER VIEW `v` AS ") + kDeclared);
}

TEST(RecordedQueriesPlan, AnUndoPutsTheDeclaredQueryBack) {
  Plan plan =
      PlanOf(std::string(kTables) + "CREATE VIEW v (id, k, n) AS " + kShown,
             std::string(kTables) + "CREATE VIEW v COMMENT 'x' AS " + kDeclared, Recorded());
  ASSERT_EQ(plan.steps.size(), 1);
  ASSERT_EQ(plan.steps[0].undo.statements.size(), 1);
  EXPECT_TRUE(plan.steps[0].undo.statements[0].ends_with(kDeclared))
      << plan.steps[0].undo.statements[0];
}

TEST(RecordedQueriesPlan, ColumnsThatTheEngineNamedAreKnown) {
  Plan plan = PlanOf(std::string(kTables) +
                         "CREATE VIEW v (`id + 1`) AS SELECT `db`.`a`.`id` + 1 AS `id + 1` FROM "
                         "`db`.`a`; CREATE VIEW w (`id + 1`) AS SELECT `db`.`v`.`id + 1` FROM "
                         "`db`.`v`",
                     std::string(kTables) +
                         "CREATE VIEW v AS SELECT id + 1 FROM a; CREATE VIEW w AS SELECT * FROM v",
                     {});
  EXPECT_TRUE(plan.steps.empty()) << plan.steps[0].statement;
}

}  // namespace
}  // namespace stateserver::schema::recorded_queries
