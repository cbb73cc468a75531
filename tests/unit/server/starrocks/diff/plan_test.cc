// SPDX-License-Identifier: Apache-2.0
//
// Plans beyond the corpus: order, undo, rebuilding, renames, versions.
#include <gtest/gtest.h>

#include "common/error.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {
namespace {

const char kProperties[] = " PROPERTIES (\"replication_num\" = \"1\")";

std::vector<Object> ReadObjects(const std::string& script) {
  ParsedScript parsed = ParseScript(script, "s.sql", "harbor");
  EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.at(0).Text();
  return parsed.objects;
}

LiveSchema Live(const std::string& script) {
  LiveSchema live;
  live.database = "harbor";
  for (Object& object : ReadObjects(script)) live.objects.push_back({std::move(object), {}, ""});
  return live;
}

absl::StatusOr<Plan> TryPlan(const std::string& from, const std::string& to,
                             const PlanOptions& options = {}) {
  return MakePlan(Live(from), false, ReadObjects(to), options);
}

Plan PlanOf(const std::string& from, const std::string& to, const PlanOptions& options = {}) {
  auto plan = TryPlan(from, to, options);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *plan : Plan();
}

std::string Plain(std::string text) {
  std::erase(text, '`');
  return text;
}

// The steps, one a line.
std::string Steps(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) text += Plain(step.statement) + "\n";
  return text;
}

std::string Undo(const Step& step) {
  std::string text;
  for (const std::string& statement : step.undo.statements) text += Plain(statement) + "\n";
  return text;
}

std::string Table(const std::string& columns, const std::string& rest = "",
                  const std::string& name = "t") {
  return "CREATE TABLE " + name + " (" + columns + ") DUPLICATE KEY(k) " + rest +
         " DISTRIBUTED BY HASH(k) BUCKETS 2" + kProperties + ";";
}

const char kView[] =
    "CREATE MATERIALIZED VIEW m REFRESH MANUAL AS SELECT k, sum(a) AS s FROM t GROUP BY k;";

TEST(PlanTest, EqualSchemasHaveNoPlan) {
  std::string schema = Table("k INT, a INT") + kView;
  Plan plan = PlanOf(schema, schema);
  EXPECT_EQ(Steps(plan), "");
  EXPECT_TRUE(plan.refusals.empty());
}

TEST(PlanTest, AMaterializedViewIsActiveAgainWhereItsColumnChanged) {
  Plan plan = PlanOf(Table("k INT, a INT, b INT") + kView, Table("k INT, a BIGINT, b INT") + kView);
  EXPECT_EQ(Steps(plan),
            "ALTER TABLE t MODIFY COLUMN a BIGINT NULL\nALTER MATERIALIZED VIEW m ACTIVE\n");
  EXPECT_EQ(
      Steps(PlanOf(Table("k INT, a INT, b INT") + kView, Table("k INT, a INT, b BIGINT") + kView)),
      "ALTER TABLE t MODIFY COLUMN b BIGINT NULL\n");
}

TEST(PlanTest, OnesOfOthersAreActiveAgainToo) {
  Plan plan = PlanOf(Table("k INT, a INT") + kView, Table("k INT, a BIGINT"));
  EXPECT_EQ(Steps(plan),
            "ALTER TABLE t MODIFY COLUMN a BIGINT NULL\nALTER MATERIALIZED VIEW m ACTIVE\n");
  ASSERT_EQ(plan.unmanaged.size(), 1U);
  EXPECT_EQ(plan.unmanaged[0].object.name, "m");
}

TEST(PlanTest, OnesOfOthersBreakWhereTheirColumnGoes) {
  Plan plan = PlanOf(Table("k INT, a INT, b INT") + kView + "CREATE VIEW v AS SELECT a FROM t;" +
                         "CREATE VIEW w AS SELECT b FROM t;",
                     Table("k INT, b INT"));
  EXPECT_EQ(Steps(plan), "ALTER TABLE t DROP COLUMN a\n");
  std::vector<std::string> warned;
  for (const PlanWarning& one : plan.warnings)
    warned.push_back(one.object.name + ": " + one.message);
  EXPECT_EQ(warned, (std::vector<std::string>{
                        "t: drops column a with its data",
                        "m: is not declared, and reads a column that is dropped: it breaks",
                        "v: is not declared, and reads a column that is dropped: it breaks"}));
}

TEST(PlanTest, ADeclaredViewKeepsTheNamesThatItReads) {
  PlanOptions options;
  options.renames = {{"t", "a", "c"}};
  std::string view = "CREATE VIEW v AS SELECT a FROM t;";
  Plan plan = PlanOf(Table("k INT, a INT") + view, Table("k INT, c INT") + view, options);
  ASSERT_FALSE(plan.refusals.empty());
  EXPECT_EQ(plan.refusals[0].reason, "Column 'a' cannot be resolved: v is declared and reads it");
  EXPECT_EQ(Steps(plan), "");
  EXPECT_EQ(Steps(PlanOf(Table("k INT, a INT") + view,
                         Table("k INT, c INT") + "CREATE VIEW v AS SELECT c FROM t;", options)),
            "ALTER TABLE t RENAME COLUMN a TO c\nALTER VIEW v AS SELECT c FROM t\n");
}

TEST(PlanTest, ReplacingAViewReachesTheViewsOnIt) {
  std::string rest =
      "CREATE VIEW v2 AS SELECT k FROM v;"
      "CREATE MATERIALIZED VIEW m REFRESH MANUAL AS SELECT k FROM v2;";
  EXPECT_EQ(Steps(PlanOf(Table("k INT, a INT") + "CREATE VIEW v AS SELECT k FROM t;" + rest,
                         Table("k INT, a INT") + "CREATE VIEW v AS SELECT k, a FROM t;" + rest)),
            "ALTER VIEW v AS SELECT k, a FROM t\nALTER MATERIALIZED VIEW m ACTIVE\n");
}

TEST(PlanTest, UndoOfLossyAndImpossibleSteps) {
  Plan plan =
      PlanOf(Table("k INT, a INT NULL DEFAULT \"1\", b VARCHAR(5)"), Table("k INT, b VARCHAR(9)"));
  ASSERT_EQ(plan.steps.size(), 1U);
  EXPECT_EQ(Steps(plan), "ALTER TABLE t DROP COLUMN a, MODIFY COLUMN b VARCHAR(9) NULL\n");
  EXPECT_EQ(plan.steps[0].undo.reversibility, Reversibility::kImpossible);
  EXPECT_EQ(plan.steps[0].undo.why, "Cannot shorten string length");
  plan = PlanOf(Table("k INT, a INT NULL DEFAULT \"1\", b INT"), Table("k INT, b INT"));
  EXPECT_EQ(plan.steps.at(0).undo.reversibility, Reversibility::kLossy);
  EXPECT_EQ(Undo(plan.steps.at(0)), "ALTER TABLE t ADD COLUMN a INT NULL DEFAULT \"1\" AFTER k\n");
}

TEST(PlanTest, IndexesWaitForTheirNewColumns) {
  EXPECT_EQ(Steps(PlanOf(Table("k INT"), Table("k INT, a INT, INDEX i (a) USING BITMAP"))),
            "ALTER TABLE t ADD COLUMN a INT NULL\nALTER TABLE t ADD INDEX i (a) USING BITMAP\n");
}

TEST(PlanTest, GeneratedColumnsWaitForTheirSources) {
  EXPECT_EQ(
      Steps(PlanOf(Table("k INT"), Table("k INT, a INT, g BIGINT AS a + 1"))),
      "ALTER TABLE t ADD COLUMN a INT NULL\nALTER TABLE t ADD COLUMN g BIGINT NULL AS a + 1\n");
  EXPECT_EQ(Steps(PlanOf(Table("k INT, a INT, g BIGINT AS a + 1"), Table("k INT"))),
            "ALTER TABLE t DROP COLUMN g\nALTER TABLE t DROP COLUMN a\n");
  EXPECT_EQ(Steps(PlanOf(Table("k INT"), Table("k INT, g BIGINT AS k + 1, b INT"))),
            "ALTER TABLE t ADD COLUMN b INT NULL, ADD COLUMN g BIGINT NULL AS k + 1\n");
}

TEST(PlanTest, NamesSwapOverASpareOne) {
  PlanOptions options;
  options.renames = {{"t", "a", "b"}, {"t", "b", "a"}};
  Plan plan = PlanOf(Table("k INT, a INT, b DATE"), Table("k INT, b INT, a DATE"), options);
  EXPECT_EQ(Steps(plan),
            "ALTER TABLE t RENAME COLUMN a TO spare__\nALTER TABLE t RENAME COLUMN b TO a\n"
            "ALTER TABLE t RENAME COLUMN spare__ TO b\n");
  EXPECT_EQ(Undo(plan.steps[0]), "ALTER TABLE t RENAME COLUMN spare__ TO a\n");
}

TEST(PlanTest, ObjectsAreRenamed) {
  PlanOptions options;
  options.renames = {{"", "t", "u"}, {"", "v", "w"}};
  EXPECT_EQ(Steps(PlanOf(Table("k INT") + "CREATE VIEW v AS SELECT 1 AS x;",
                         Table("k INT", "", "u") + "CREATE VIEW w AS SELECT 1 AS x;", options)),
            "ALTER TABLE t RENAME u\nCREATE VIEW w\nAS SELECT 1 AS x\nDROP VIEW v\n");
}

TEST(PlanTest, RenamesOfWhatIsNotThereAreRefused) {
  PlanOptions options;
  options.renames = {{"", "x", "t"}};
  EXPECT_EQ(ReasonOf(TryPlan("", Table("k INT"), options).status()), Reason::ARGUMENT_INVALID);
  options.renames = {{"t", "x", "k"}};
  auto plan = TryPlan(Table("k INT"), Table("k INT"), options);
  EXPECT_EQ(plan.status().message(), "The table harbor.t has no column x.");
}

TEST(PlanTest, RebuildingCopiesComparesAndSwaps) {
  std::string from =
      "CREATE TABLE t (k INT NOT NULL, a INT) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k);";
  std::string to = "CREATE TABLE t (k INT NOT NULL, b INT) PRIMARY KEY(k) DISTRIBUTED BY HASH(k);";
  PlanOptions options;
  options.renames = {{"t", "a", "b"}};
  Plan refused = PlanOf(from, to, options);
  ASSERT_FALSE(refused.refusals.empty());
  EXPECT_TRUE(refused.refusals[0].rebuild);
  options.rebuild = {"t"};
  Plan plan = PlanOf(from + kView, to + kView, options);
  EXPECT_TRUE(plan.refusals.empty());
  EXPECT_EQ(Steps(plan),
            "CREATE TABLE t__new (\n  k INT NOT NULL,\n  b INT\n)\nPRIMARY KEY(k)\n"
            "DISTRIBUTED BY HASH(k)\n"
            "INSERT INTO t__new (k, b) SELECT k, a FROM t\n"
            "SELECT assert_true((SELECT count(*) FROM t) = (SELECT count(*) FROM t__new), "
            "'the copy of t has another number of rows')\n"
            "ALTER TABLE t SWAP WITH t__new\nALTER TABLE t__new RENAME t__undo\n"
            "ALTER MATERIALIZED VIEW m ACTIVE\n");
}

TEST(PlanTest, RebuildingNeedsValuesForNewColumns) {
  PlanOptions options;
  options.rebuild = {"t"};
  Plan plan = PlanOf("CREATE TABLE t (k INT NOT NULL) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k);",
                     "CREATE TABLE t (k INT NOT NULL, a INT NOT NULL) PRIMARY KEY(k);", options);
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_EQ(plan.refusals[0].attribute, "column a");
  EXPECT_TRUE(plan.steps.empty());
}

TEST(PlanTest, AMaterializedViewIsBuiltBesideItself) {
  std::string other =
      "CREATE MATERIALIZED VIEW m REFRESH MANUAL AS SELECT k, max(a) AS s FROM t GROUP BY k;";
  PlanOptions options;
  options.rebuild = {"m"};
  Plan plan = PlanOf(Table("k INT, a INT") + kView, Table("k INT, a INT") + other, options);
  EXPECT_EQ(Steps(plan),
            "CREATE MATERIALIZED VIEW m__new\nREFRESH MANUAL\n"
            "AS SELECT k, max(a) AS s FROM t GROUP BY k\n"
            "REFRESH MATERIALIZED VIEW m__new WITH SYNC MODE\n"
            "ALTER MATERIALIZED VIEW m SWAP WITH m__new\nDROP MATERIALIZED VIEW m__new\n");
  for (const Step& step : plan.steps) EXPECT_EQ(step.step_class, StepClass::kCopySwap);
}

TEST(PlanTest, UndeclaredObjectsStayUnlessAskedFor) {
  std::string from = Table("k INT, a INT") + kView + "CREATE VIEW v AS SELECT s FROM m;";
  Plan plan = PlanOf(from, "");
  EXPECT_TRUE(plan.steps.empty());
  EXPECT_EQ(plan.unmanaged.size(), 3U);
  PlanOptions options;
  options.drop_undeclared = true;
  plan = PlanOf(from, "", options);
  EXPECT_EQ(Steps(plan), "DROP VIEW v\nDROP MATERIALIZED VIEW m\nDROP TABLE t\n");
  EXPECT_FALSE(plan.steps[0].destructive);
  EXPECT_TRUE(plan.steps[2].destructive);
}

TEST(PlanTest, WhatIsNotLookedAtIsNotListed) {
  PlanOptions options;
  options.drop_undeclared = true;
  options.looked_at = [](const ObjectName& name) { return name.name != "sqlmesh"; };
  Plan plan = PlanOf(Table("k INT", "", "sqlmesh"), "", options);
  EXPECT_TRUE(plan.steps.empty());
  EXPECT_TRUE(plan.unmanaged.empty());
}

TEST(PlanTest, ARingIsAnErrorWithItsPlace) {
  auto ring = TryPlan("", "CREATE VIEW a AS SELECT x FROM b;\nCREATE VIEW b AS SELECT x FROM a;");
  EXPECT_EQ(ring.status().message(), "s.sql:1:1: harbor.a reads itself: a -> b -> a");
  EXPECT_EQ(ReasonOf(ring.status()), Reason::SCHEMA_INVALID);
}

std::string Warnings(const Plan& plan) {
  std::string text;
  for (const PlanWarning& one : plan.warnings) {
    text += one.object.name + " " + one.attribute + ": " + one.message + "\n";
  }
  return text;
}

TEST(PlanTest, AMissingRelationIsAWarningWithItsPlace) {
  Plan plan =
      PlanOf("", "\nCREATE VIEW v AS WITH c AS (SELECT 1 AS x) SELECT x FROM c, nope, other.t;");
  EXPECT_EQ(Warnings(plan),
            "v query: reads harbor.nope, which is not declared and does not exist (s.sql:2:1): the "
            "engine will refuse it\n");
  EXPECT_EQ(plan.steps.size(), 1);
}

TEST(PlanTest, WhatIsNoRelationIsNotMissing) {
  Plan plan = PlanOf(
      "", Table("k INT, d DATE, s VARCHAR(10)") +
              "CREATE VIEW v1 AS SELECT k, e FROM t CROSS JOIN LATERAL unnest(split(s, ',')) u(e);"
              "CREATE VIEW v2 AS SELECT k, e FROM t, LATERAL unnest(split(s, ',')) AS u(e);"
              "CREATE VIEW v3 AS SELECT k, unnest FROM t, unnest(split(s, ','));"
              "CREATE VIEW v4 AS SELECT n FROM t JOIN TABLE(generate_series(1, 3)) AS g(n);"
              "CREATE VIEW v5 AS SELECT EXTRACT(YEAR FROM d) AS y FROM t;"
              "CREATE VIEW v6 AS SELECT TRIM(BOTH 'x' FROM s), SUBSTRING(s FROM 2 FOR 3) FROM t;"
              "CREATE VIEW v7 AS SELECT 1 AS a FROM DUAL;"
              "CREATE VIEW v8 AS SELECT * FROM FILES('path' = 's3://a', 'format' = 'parquet');"
              "CREATE VIEW v9 AS SELECT t.k FROM t WHERE k NOT IN (SELECT x.k FROM t x);");
  EXPECT_EQ(Warnings(plan), "");
  EXPECT_EQ(plan.steps.size(), 10);
}

TEST(PlanTest, AViewIsCreatedAfterWhatItReads) {
  std::string table = Table("k INT");
  for (std::string_view from :
       {"t JOIN [BROADCAST] z USING (k)", "t PARTITION (p1), z", "t LEFT ANTI JOIN z ON t.k = z.k",
        "t WHERE EXISTS (SELECT 1 FROM z)", "t TABLET (1) x CROSS JOIN z",
        "(SELECT k FROM t UNION ALL SELECT k FROM z) q", "t AS a, LATERAL unnest([1]) u, z"}) {
    Plan plan = PlanOf(table, table + "CREATE VIEW a AS SELECT 1 FROM " + std::string(from) +
                                  "; CREATE VIEW z AS SELECT k FROM t;");
    ASSERT_EQ(plan.steps.size(), 2) << from;
    EXPECT_EQ(plan.steps[0].object.name, "z") << from;
    EXPECT_EQ(Warnings(plan), "") << from;
  }
}

TEST(PlanTest, AQueryThatIsNotUnderstoodIsAWarning) {
  Plan plan = PlanOf("", Table("k INT") +
                             "CREATE VIEW a AS SELECT k FROM z SOMETHING NEW (t);"
                             "CREATE VIEW z AS SELECT k FROM t;");
  EXPECT_EQ(Warnings(plan),
            "a query: is not understood (found `NEW`, expected the end of the query): it is "
            "compared as text, and runs after every object that it names\n");
  ASSERT_EQ(plan.steps.size(), 3);
  EXPECT_EQ(plan.steps[1].object.name, "z");
}

TEST(PlanTest, AViewOfAllColumnsIsExpanded) {
  std::string view = "CREATE VIEW v AS SELECT * FROM t;";
  std::string printed =
      "CREATE VIEW `v` (`k`, `a`) AS SELECT `harbor`.`t`.`k`, `harbor`.`t`.`a` FROM `harbor`.`t`;";
  EXPECT_TRUE(PlanOf(Table("k INT, a INT") + printed, Table("k INT, a INT") + view).steps.empty());
  Plan plan = PlanOf(Table("k INT, a INT") + printed, Table("k INT, a INT, b INT") + view);
  ASSERT_EQ(plan.steps.size(), 2);
  // The undo does not name the database.
  EXPECT_EQ(
      plan.steps[1].undo.statements,
      std::vector<std::string>{"ALTER VIEW `v` (`k`, `a`) AS SELECT `t`.`k`, `t`.`a` FROM `t`"});
}

TEST(PlanTest, TheUndoOfAViewAddsNoBrackets) {
  std::string table = Table("k INT");
  Plan plan =
      PlanOf(table +
                 "CREATE VIEW `v` (`k`) AS SELECT `harbor`.`t`.`k` FROM `harbor`.`t` WHERE "
                 "`harbor`.`t`.`k` NOT IN ((((SELECT `harbor`.`t`.`k` FROM `harbor`.`t`))));",
             table + "CREATE VIEW v AS SELECT k FROM t WHERE k > 1;");
  ASSERT_EQ(plan.steps.size(), 1);
  EXPECT_EQ(plan.steps[0].undo.statements,
            std::vector<std::string>{"ALTER VIEW `v` (`k`) AS SELECT `t`.`k` FROM `t` WHERE "
                                     "`t`.`k` NOT IN (SELECT `t`.`k` FROM `t`)"});
}

TEST(PlanTest, OlderEnginesLackStatements) {
  LiveSchema live = Live(Table("k INT, a INT"));
  live.engine.version = {3, 2, 0};
  PlanOptions options;
  options.renames = {{"t", "a", "b"}};
  auto plan = MakePlan(live, false, ReadObjects(Table("k INT, b INT")), options);
  ASSERT_TRUE(plan.ok());
  ASSERT_FALSE(plan->refusals.empty());
  EXPECT_EQ(plan->refusals[0].reason, "StarRocks 3.2.0 has no RENAME COLUMN; 3.3.2 and later have");
}

TEST(PlanTest, BucketsOfAPartitionedTableAreADefault) {
  std::string columns = "k INT NOT NULL, d DATE NOT NULL";
  std::string head =
      "CREATE TABLE t (" + columns + ") DUPLICATE KEY(k) PARTITION BY date_trunc('day', d) ";
  EXPECT_EQ(Steps(PlanOf(head + "DISTRIBUTED BY HASH(k) BUCKETS 2;",
                         head + "DISTRIBUTED BY HASH(k) BUCKETS 4;")),
            "ALTER TABLE t DISTRIBUTED BY HASH(k) DEFAULT BUCKETS 4\n");
}

TEST(PlanTest, RandomTablesAreFixedBeforeTheyAreRedistributed) {
  std::string head = "CREATE TABLE t (k INT) DUPLICATE KEY(k) DISTRIBUTED BY ";
  EXPECT_EQ(Steps(PlanOf(head + "RANDOM;", head + "HASH(k) BUCKETS 3;")),
            "ALTER TABLE t SET (\"bucket_size\" = \"0\")\n"
            "ALTER TABLE t DISTRIBUTED BY HASH(k) BUCKETS 3\n");
  EXPECT_EQ(Steps(PlanOf(head + "HASH(k) BUCKETS 3;", head + "RANDOM;")),
            "ALTER TABLE t DISTRIBUTED BY RANDOM\n"
            "ALTER TABLE t SET (\"bucket_size\" = \"1073741824\")\n");
}

}  // namespace
}  // namespace stateserver::schema
