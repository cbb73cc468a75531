// SPDX-License-Identifier: Apache-2.0
//
// What was not read, what a release does not have, and what models cannot say: never created,
// dropped or changed silently.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/generate/model_limits.h"
#include "server/starrocks/generate/models.h"

namespace stateserver::schema {
namespace {

std::vector<Object> Objects(const std::string& sql) {
  ParsedScript script = ParseScript(sql, "t.sql", "db");
  EXPECT_TRUE(script.errors.empty()) << script.errors.at(0).Text();
  return script.objects;
}

LiveSchema LiveAt(const std::string& sql, EngineVersion version = {4, 0, 4}) {
  LiveSchema live;
  live.database = "db";
  live.engine.version = version;
  for (Object& object : Objects(sql)) {
    live.objects.push_back({std::move(object), std::nullopt, ""});
  }
  return live;
}

std::string Text(const LiveSchema& live, const std::vector<Object>& declared,
                 const PlanOptions& options = {}) {
  absl::StatusOr<Plan> plan = MakePlan(live, /*printed=*/true, declared, options);
  if (!plan.ok()) return std::string(plan.status().message());
  std::string text;
  for (const Step& step : plan->steps) {
    text += step.statement.substr(0, step.statement.find('\n')) + "\n";
  }
  for (const Refusal& one : plan->refusals) {
    text += "refused " + one.object.name + " " + one.attribute + ": " + one.reason + "\n";
  }
  return text;
}

TEST(UnreadTest, AnObjectThatWasNotReadIsNotCreated) {
  LiveSchema live = LiveAt("CREATE TABLE a (k INT)");
  live.unread.push_back({{"db", "t"}, "table", "no one knows"});
  EXPECT_EQ(
      Text(live, Objects("CREATE TABLE a (k INT); CREATE TABLE t (k INT); CREATE TABLE u (k INT)")),
      "CREATE TABLE `u` (\nrefused t : It exists, but was not read: no one knows\n");
  PlanOptions options;
  options.renames = {{"", "a", "t"}};
  EXPECT_EQ(Text(live, Objects("CREATE TABLE t (k INT)"), options), "There is a db.t already.");
}

TEST(UnreadTest, AnObjectThatWasNotReadInTheWantedSchemaIsNotDropped) {
  PlanOptions options;
  options.drop_undeclared = true;
  options.unread[{"db", "t"}] = "no one knows";
  EXPECT_EQ(Text(LiveAt("CREATE TABLE t (k INT); CREATE TABLE u (k INT)"), {}, options),
            "DROP TABLE `u`\nrefused t : It exists, but was not read: no one knows\n");
}

TEST(VersionLimits, HoldForCreate) {
  std::string sql =
      "CREATE TABLE t (k INT, ts DATETIME, s VARCHAR(10), g INT AS (k + 1), INDEX i (s) USING GIN) "
      "DUPLICATE KEY(k) PARTITION BY date_trunc('day', ts), s DISTRIBUTED BY RANDOM ORDER BY (k)";
  EXPECT_EQ(Text(LiveAt("", {4, 0, 4}), Objects(sql)), "CREATE TABLE `t` (\n");
  std::string old = Text(LiveAt("", {2, 5, 0}), Objects(sql));
  EXPECT_EQ(old.find("CREATE TABLE `t`"), std::string::npos) << old;
  for (std::string attribute :
       {"column g", "index i", "partition scheme", "distribution", "sort key"}) {
    EXPECT_NE(old.find("refused t " + attribute + ": StarRocks 2.5.0 has no "), std::string::npos)
        << attribute << "\n"
        << old;
  }
  EXPECT_EQ(Text(LiveAt("", {3, 3, 0}), Objects("CREATE VIEW v SECURITY INVOKER AS SELECT 1 AS x")),
            "refused v security: StarRocks 3.3.0 has no SECURITY of views; 3.4.0 and later have\n");
}

TEST(VersionLimits, HoldForNewIndexes) {
  EXPECT_EQ(
      Text(LiveAt("CREATE TABLE t (k INT, s VARCHAR(9)) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k)",
                  {3, 2, 0}),
           Objects("CREATE TABLE t (k INT, s VARCHAR(9), INDEX i (s) USING NGRAMBF) DUPLICATE "
                   "KEY(k) DISTRIBUTED BY HASH(k)")),
      "refused t index i: StarRocks 3.2.0 has no n-gram bloom filters; 3.3.0 and later have\n");
}

constexpr char kRich[] =
    "CREATE TABLE t (k INT, av AVG(INT), v INT SUM, INDEX ix (k) USING BITMAP) AGGREGATE KEY(k) "
    "DISTRIBUTED BY HASH(k) PROPERTIES (\"session.x\" = \"a\\\"b\"); "
    "CREATE MATERIALIZED VIEW s AS SELECT k, sum(v) FROM t GROUP BY k";

TEST(ModelLimits, WhatModelsCannotSayStays) {
  LiveSchema live = LiveAt(kRich);
  std::vector<Object> declared =
      Objects("CREATE TABLE t (k INT, v INT SUM) AGGREGATE KEY(k) DISTRIBUTED BY HASH(k)");
  EXPECT_NE(Text(live, declared).find("DROP COLUMN `av`"), std::string::npos);
  std::vector<Unmanaged> kept = KeepWhatModelsLack(live, &declared);
  PlanOptions options;
  options.drop_undeclared = true;
  std::string attributes;
  for (const Unmanaged& one : kept) {
    attributes += one.object.name + " " + one.attribute + "\n";
    if (one.attribute.empty()) options.kept.insert(one.object);
  }
  EXPECT_EQ(attributes, "t index ix\nt property session.x\nt column av\ns \n");
  EXPECT_EQ(Text(live, declared, options), "");
}

TEST(ModelLimits, GeneratedModelsSayWhatTheyLeaveOut) {
  std::vector<Object> objects = Objects(kRich);
  std::vector<LeftOut> left_out;
  ASSERT_TRUE(GenerateModels({&objects[0], &objects[1]}, nullptr, &left_out).ok());
  std::string text;
  for (const LeftOut& one : left_out) text += one.object.name + " " + one.attribute + "\n";
  EXPECT_EQ(text,
            "t INDEX `ix` (`k`) USING BITMAP\nt column `av` avg(INT)\nt property session.x = a\"b\n"
            "s synchronous materialized view s AS SELECT k, sum(v) FROM t GROUP BY k\n");
}

}  // namespace
}  // namespace stateserver::schema
