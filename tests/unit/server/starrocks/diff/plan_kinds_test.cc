// SPDX-License-Identifier: Apache-2.0
//
// Plans whose steps depend on each other across objects, and what takes several statements.
#include <gtest/gtest.h>

#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema::plan_kinds {
namespace {

std::vector<Object> ReadObjects(const std::string& script) {
  ParsedScript parsed = ParseScript(script, "s.sql", "harbor");
  EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.at(0).Text();
  return parsed.objects;
}

LiveSchema Live(const std::string& script) {
  LiveSchema live;
  live.database = "harbor";
  for (Object& object : ReadObjects(script)) {
    bool view = std::holds_alternative<MaterializedView>(object.definition) && !IsRollup(object);
    std::optional<Activity> activity;
    if (view) activity = Activity{};
    live.objects.push_back({std::move(object), activity, ""});
  }
  return live;
}

Plan PlanOf(const LiveSchema& from, const std::string& to, const PlanOptions& options = {}) {
  auto plan = MakePlan(from, true, ReadObjects(to), options);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *plan : Plan();
}
Plan PlanOf(const std::string& from, const std::string& to, const PlanOptions& options = {}) {
  return PlanOf(Live(from), to, options);
}

std::string Lines(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) {
    text += step.statement.substr(0, step.statement.find('\n')) + "\n";
  }
  for (const Refusal& refusal : plan.refusals) {
    text += "refused: " + refusal.attribute + ": " + refusal.reason + "\n";
  }
  std::erase(text, '`');
  return text;
}

// The statements of the downgrade.
std::string Back(const Plan& plan) {
  std::string text;
  for (size_t i : plan.undo_order) {
    for (const std::string& statement : plan.steps[i].undo.statements) {
      text += statement.substr(0, statement.find('\n')) + "\n";
    }
  }
  std::erase(text, '`');
  return text;
}

std::string T(const std::string& columns, const std::string& rest = "",
              const std::string& name = "t") {
  return "CREATE TABLE " + name + " (" + columns + ") DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) " +
         rest + ";";
}
std::string Pk(const std::string& columns, const std::string& rest) {
  return "CREATE TABLE t (" + columns + ") PRIMARY KEY(k) DISTRIBUTED BY HASH(k) " + rest + ";";
}

TEST(PlanKindsTest, AViewStopsReadingAColumnBeforeItIsDropped) {
  Plan plan = PlanOf(T("k INT, a INT, b INT") + "CREATE VIEW v AS SELECT k, a FROM t;",
                     T("k INT, b INT, c INT") + "CREATE VIEW v AS SELECT k, c FROM t;");
  EXPECT_EQ(Lines(plan),
            "ALTER TABLE t ADD COLUMN c INT NULL\nALTER VIEW v AS SELECT k, c FROM t\n"
            "ALTER TABLE t DROP COLUMN a\n");
  EXPECT_EQ(Back(plan),
            "ALTER TABLE t ADD COLUMN a INT NULL AFTER k\nALTER VIEW v AS SELECT k, a FROM t\n"
            "ALTER TABLE t DROP COLUMN c\n");
}

TEST(PlanKindsTest, AViewGetsItsQueryBackAfterTheColumn) {
  PlanOptions options;
  options.renames = {{"t", "a", "x"}};
  Plan plan = PlanOf(T("k INT, a INT") + "CREATE VIEW v AS SELECT k, a FROM t;",
                     T("k INT, x INT") + "CREATE VIEW v AS SELECT k, x FROM t;", options);
  EXPECT_EQ(Lines(plan),
            "ALTER TABLE t RENAME COLUMN a TO x\nALTER VIEW v AS SELECT k, x FROM t\n");
  EXPECT_EQ(Back(plan), "ALTER TABLE t RENAME COLUMN x TO a\nALTER VIEW v AS SELECT k, a FROM t\n");
}

TEST(PlanKindsTest, ViewsGetTheirQueriesBackInTheirOrder) {
  std::string table = T("k INT, a INT");
  Plan plan =
      PlanOf(table + "CREATE VIEW v AS SELECT k, a FROM t; CREATE VIEW w AS SELECT a FROM v;",
             table + "CREATE VIEW v AS SELECT k FROM t; CREATE VIEW w AS SELECT k FROM v;");
  EXPECT_EQ(Lines(plan), "ALTER VIEW v AS SELECT k FROM t\nALTER VIEW w AS SELECT k FROM v\n");
  EXPECT_EQ(Back(plan), "ALTER VIEW v AS SELECT k, a FROM t\nALTER VIEW w AS SELECT a FROM v\n");
}

TEST(PlanKindsTest, AViewGetsItsQueryBackAfterTheTableThatWasReplaced) {
  std::string other = T("k INT", "", "u");
  Plan plan = PlanOf(other + T("k INT, a INT") + "CREATE VIEW v AS SELECT a FROM t;",
                     other + "CREATE VIEW t AS SELECT k FROM u; CREATE VIEW v AS SELECT k FROM t;");
  EXPECT_EQ(Back(plan),
            "DROP VIEW t\nALTER TABLE t__undo RENAME t\nALTER VIEW v AS SELECT a FROM t\n");
}

TEST(PlanKindsTest, ARenamedViewIsCreatedAsDeclared) {
  PlanOptions options;
  options.renames = {{"", "v", "w"}};
  std::string table = T("k INT, a INT");
  Plan plan = PlanOf(table + "CREATE VIEW v AS SELECT a FROM t;",
                     table + "CREATE VIEW w AS SELECT k FROM t;", options);
  EXPECT_EQ(Lines(plan), "CREATE VIEW w\nDROP VIEW v\n");
  EXPECT_NE(plan.steps[0].statement.find("SELECT k"), std::string::npos);
}

TEST(PlanKindsTest, AnUndeclaredReaderOfAReplacedViewBreaks) {
  std::string table = T("k INT, a INT");
  Plan plan = PlanOf(table +
                         "CREATE VIEW v AS SELECT k, a FROM t;"
                         "CREATE MATERIALIZED VIEW m REFRESH MANUAL AS SELECT a FROM v;",
                     table + "CREATE VIEW v AS SELECT k FROM t;");
  EXPECT_EQ(Lines(plan), "ALTER VIEW v AS SELECT k FROM t\n");
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_NE(plan.warnings[0].message.find("it breaks"), std::string::npos);
}

TEST(PlanKindsTest, ASynchronousViewIsNotActivated) {
  std::string lines = Lines(
      PlanOf(T("k INT, a INT") + "CREATE MATERIALIZED VIEW m REFRESH MANUAL AS SELECT k, a FROM t;",
             T("k INT") + "CREATE MATERIALIZED VIEW m AS SELECT k FROM t;"));
  EXPECT_NE(lines.find("CREATE MATERIALIZED VIEW m"), std::string::npos) << lines;
  EXPECT_EQ(lines.find("ACTIVE"), std::string::npos) << lines;
}

TEST(PlanKindsTest, ASynchronousViewOfARenamedTableKeepsItsColumn) {
  PlanOptions options;
  options.renames = {{"", "t", "u"}};
  Plan plan = PlanOf(
      T("k INT, a INT") + "CREATE MATERIALIZED VIEW m AS SELECT k, sum(a) FROM t GROUP BY k;",
      T("k INT", "", "u"), options);
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_EQ(plan.refusals[0].reason,
            "The synchronous materialized view reads a column that is dropped");
}

TEST(PlanKindsTest, AnImpliedKeyStaysInFront) {
  std::string from = "CREATE TABLE t (k INT, d DATE, v JSON) DUPLICATE KEY(k, d);";
  Plan plan = PlanOf(from, "CREATE TABLE t (k INT, v JSON, d DATE);");
  ASSERT_FALSE(plan.refusals.empty());
  EXPECT_EQ(plan.refusals[0].reason, "Key columns must be the first few columns of the schema");
  EXPECT_TRUE(plan.refusals[0].rebuild);
  EXPECT_EQ(Lines(PlanOf(from, "CREATE TABLE t (k INT, d DATE, v JSON);")), "");
}

TEST(PlanKindsTest, NoStatementChangesDeferred) {
  std::string table = T("k INT, a INT"), query = " AS SELECT k FROM t;";
  std::string from = table + "CREATE MATERIALIZED VIEW m REFRESH MANUAL" + query;
  std::string to = table + "CREATE MATERIALIZED VIEW m REFRESH DEFERRED MANUAL" + query;
  Plan plan = PlanOf(from, to);
  EXPECT_EQ(Lines(plan),
            "refused: refresh: ALTER MATERIALIZED VIEW … REFRESH does not change DEFERRED\n");
  EXPECT_EQ(plan.refusals[0].hint, "Declare it without DEFERRED to keep it, or rebuild it.");
  PlanOptions options;
  options.rebuild = {"m"};
  EXPECT_EQ(PlanOf(from, to, options).steps.size(), 4U);
}

TEST(PlanKindsTest, OrderByTakesFewerTypesThanCreate) {
  Plan plan = PlanOf(T("k INT, j JSON, a INT"), T("k INT, j JSON, a INT", "ORDER BY(k, j)"));
  EXPECT_EQ(Lines(plan), "refused: sort key: Sort key column[j] type not supported\n");
  EXPECT_TRUE(plan.refusals[0].rebuild);
  EXPECT_EQ(
      Lines(PlanOf(T("k INT, d DOUBLE, a INT"), T("k INT, d DOUBLE, a INT", "ORDER BY(k, d)"))),
      "ALTER TABLE t ORDER BY (k, d)\n");
}

TEST(PlanKindsTest, PartitionsToKeepNeedARange) {
  Plan plan = PlanOf(T("k INT"), T("k INT", "PROPERTIES (\"partition_live_number\" = \"3\")"));
  EXPECT_EQ(Lines(plan),
            "refused: property partition_live_number: The table is not range partitioned\n");
}

TEST(PlanKindsTest, TheSourceOfAGeneratedColumnIsWidened) {
  Plan plan = PlanOf(T("k INT, s INT, g BIGINT AS s + 1"), T("k INT, s BIGINT, g BIGINT AS s + 1"));
  EXPECT_EQ(Lines(plan),
            "ALTER TABLE t DROP COLUMN g\nALTER TABLE t MODIFY COLUMN s BIGINT NULL\n"
            "ALTER TABLE t ADD COLUMN g BIGINT NULL AS s + 1\n");
  for (const Step& step : plan.steps) EXPECT_FALSE(step.destructive) << step.statement;
}

TEST(PlanKindsTest, ARefusedSourceKeepsItsGeneratedColumn) {
  EXPECT_EQ(
      Lines(PlanOf(T("k INT, s BIGINT, g BIGINT AS s + 1"), T("k INT, s INT, g BIGINT AS s + 1"))),
      "refused: column s: Column s associates with the generated column g\n");
}

TEST(PlanKindsTest, ASortColumnLeavesTheSortKeyFirst) {
  EXPECT_EQ(Lines(PlanOf(Pk("k INT NOT NULL, a INT, b INT", "ORDER BY(a)"),
                         Pk("k INT NOT NULL, b INT", "ORDER BY(b)"))),
            "ALTER TABLE t ORDER BY (b)\nALTER TABLE t DROP COLUMN a\n");
  EXPECT_EQ(Lines(PlanOf(Pk("k INT NOT NULL, a INT, b INT", "ORDER BY(a)"),
                         Pk("k INT NOT NULL, b INT", ""))),
            "ALTER TABLE t ORDER BY (k)\nALTER TABLE t DROP COLUMN a\n");
  EXPECT_EQ(Lines(PlanOf(Pk("k INT NOT NULL, b INT, c INT", "ORDER BY(k)"),
                         Pk("k INT NOT NULL, b INT, c INT", ""))),
            "");
}

TEST(PlanKindsTest, ATableBecomesAView) {
  Plan plan = PlanOf(T("k INT") + T("k INT", "", "u"),
                     T("k INT", "", "u") + "CREATE VIEW t AS SELECT k FROM u;");
  EXPECT_EQ(Lines(plan), "ALTER TABLE t RENAME t__undo\nCREATE VIEW t\n");
  EXPECT_EQ(Back(plan), "DROP VIEW t\nALTER TABLE t__undo RENAME t\n");
  Plan back = PlanOf("CREATE VIEW t AS SELECT k FROM u;" + T("k INT", "", "u"),
                     T("k INT") + T("k INT", "", "u"));
  EXPECT_EQ(Lines(back), "DROP VIEW t\nCREATE TABLE t (\n");
  EXPECT_EQ(Lines(PlanOf(T("k INT") + T("k INT", "", "t__undo"),
                         T("k INT", "", "t__undo") + "CREATE VIEW t AS SELECT k FROM t__undo;")),
            "refused: : 't__undo' already exists\n");
}

TEST(PlanKindsTest, ASynchronousViewMakesWayForItsColumn) {
  std::string view = "CREATE MATERIALIZED VIEW sm AS SELECT k, sum(a) FROM t GROUP BY k;";
  Plan plan = PlanOf(T("k INT, a INT") + view, T("k INT, a BIGINT") + view);
  EXPECT_EQ(Lines(plan),
            "DROP MATERIALIZED VIEW sm\nALTER TABLE t MODIFY COLUMN a BIGINT NULL\n"
            "CREATE MATERIALIZED VIEW sm\n");
  EXPECT_EQ(Lines(PlanOf(T("k INT, a INT, b INT") + view,
                         T("k INT, b INT") +
                             "CREATE MATERIALIZED VIEW sm AS SELECT k, sum(b) FROM t GROUP BY k;")),
            "DROP MATERIALIZED VIEW sm\nALTER TABLE t DROP COLUMN a\n"
            "CREATE MATERIALIZED VIEW sm\n");
  EXPECT_EQ(Lines(PlanOf("", T("k INT, a INT") + view)),
            "CREATE TABLE t (\nCREATE MATERIALIZED VIEW sm\n");
  EXPECT_EQ(Lines(PlanOf(T("k INT, a INT") + view, T("k INT, a INT, z INT") + view)),
            "ALTER TABLE t ADD COLUMN z INT NULL\n");
}

TEST(PlanKindsTest, DependentsAreRebuilt) {
  std::string view = "CREATE MATERIALIZED VIEW m REFRESH MANUAL AS SELECT k, a FROM t;";
  std::string other = "CREATE MATERIALIZED VIEW n REFRESH MANUAL AS SELECT k, a FROM m;";
  std::string from = T("k INT, a INT") + view + other, to = T("k INT, a BIGINT") + view + other;
  Plan refused = PlanOf(from, to);
  ASSERT_EQ(refused.refusals.size(), 2U);
  EXPECT_EQ(refused.refusals[0].attribute, kActivity);
  EXPECT_TRUE(refused.refusals[0].rebuild);
  PlanOptions options;
  options.rebuild_dependents = true;
  Plan plan = PlanOf(from, to, options);
  EXPECT_EQ(Lines(plan),
            "ALTER TABLE t MODIFY COLUMN a BIGINT NULL\n"
            "CREATE MATERIALIZED VIEW m__new\nREFRESH MATERIALIZED VIEW m__new WITH SYNC MODE\n"
            "ALTER MATERIALIZED VIEW m SWAP WITH m__new\nDROP MATERIALIZED VIEW m__new\n"
            "CREATE MATERIALIZED VIEW n__new\nREFRESH MATERIALIZED VIEW n__new WITH SYNC MODE\n"
            "ALTER MATERIALIZED VIEW n SWAP WITH n__new\nDROP MATERIALIZED VIEW n__new\n");
  // The one that is not declared as well.
  EXPECT_EQ(Lines(PlanOf(from, T("k INT, a BIGINT") + view, options)), Lines(plan));
  options = {};
  options.rebuild = {"m", "n"};
  EXPECT_EQ(Lines(PlanOf(from, to, options)), Lines(plan));
}

TEST(PlanKindsTest, AnInactiveViewIsReported) {
  std::string schema =
      T("k INT, a INT") + "CREATE MATERIALIZED VIEW m REFRESH MANUAL AS SELECT k FROM t;";
  LiveSchema live = Live(schema);
  live.objects[1].activity = Activity{false, "base table dropped"};
  Plan plan = PlanOf(live, schema);
  EXPECT_EQ(Lines(plan), "");
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_EQ(plan.warnings[0].attribute, kActivity);
  EXPECT_NE(plan.warnings[0].message.find("base table dropped"), std::string::npos);
}

TEST(PlanKindsTest, FormerNamesOfColumnsAreTaken) {
  PlanOptions options;
  options.renames = {{"t", "a", "x"}};
  EXPECT_EQ(Lines(PlanOf(T("k INT, a INT"), T("k INT, x INT, a INT"), options)),
            "ALTER TABLE t RENAME COLUMN a TO x\n"
            "refused: column a: Can not add column which already exists in column id: a\n");
  options = {};
  options.former_columns = [](const ObjectName&) { return std::set<std::string>{"a"}; };
  Plan plan = PlanOf(T("k INT, x INT"), T("k INT, x INT, A INT"), options);
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_TRUE(plan.refusals[0].rebuild);
}

TEST(PlanKindsTest, ValuesOfAListPartitionStay) {
  PlanOptions options;
  options.partitions = true;
  auto table = [](const std::string& values) {
    return "CREATE TABLE t (k INT, c VARCHAR(9) NOT NULL) DUPLICATE KEY(k) PARTITION BY LIST(c) "
           "(PARTITION p VALUES IN (" +
           values + ")) DISTRIBUTED BY HASH(k);";
  };
  EXPECT_EQ(Lines(PlanOf(table("'a'"), table("'a', 'b'"), options)),
            "refused: partition p: The values of a list partition cannot be changed\n");
}

TEST(PlanKindsTest, PartitionsAreDroppedLast) {
  PlanOptions options;
  options.partitions = true;
  auto table = [](const std::string& columns, const std::string& partitions) {
    return "CREATE TABLE t (" + columns + ") DUPLICATE KEY(k) PARTITION BY RANGE(k) (" +
           partitions + ") DISTRIBUTED BY HASH(k);";
  };
  std::string p1 = "PARTITION p1 VALUES LESS THAN ('1')",
              p2 = "PARTITION p2 VALUES LESS THAN ('2')";
  EXPECT_EQ(Lines(PlanOf(table("k INT", p1 + ", " + p2), table("k INT, a INT", p1), options)),
            "ALTER TABLE t ADD COLUMN a INT NULL\nALTER TABLE t DROP PARTITION p2\n");
}

TEST(PlanKindsTest, AnotherKeyModelWithRandomDistributionIsRebuilt) {
  std::string from =
      "CREATE TABLE t (k INT NOT NULL, a INT) PRIMARY KEY(k) DISTRIBUTED BY HASH(k);";
  std::string to = "CREATE TABLE t (k INT NOT NULL, a INT) DUPLICATE KEY(k) DISTRIBUTED BY RANDOM;";
  Plan plan = PlanOf(from, to);
  ASSERT_EQ(plan.refusals.size(), 2U);
  for (const Refusal& refusal : plan.refusals) EXPECT_TRUE(refusal.rebuild) << refusal.attribute;
  PlanOptions options;
  options.rebuild = {"t"};
  EXPECT_TRUE(PlanOf(from, to, options).refusals.empty());
}

TEST(PlanKindsTest, CreateRefusesGeneratedColumnsBeforeOthers) {
  std::string to = T("k INT, g BIGINT AS k + 1, a INT");
  std::string refused =
      "refused: column g: All generated columns must be defined after ordinary columns\n";
  EXPECT_EQ(Lines(PlanOf("", to)), refused);
  PlanOptions options;
  options.rebuild = {"t"};
  EXPECT_EQ(Lines(PlanOf(Pk("k INT NOT NULL", ""), to, options)), refused);
}

TEST(PlanKindsTest, ARebuildThatCreateRefusesIsNotPlanned) {
  std::string table = T("k INT, a INT");
  std::string query = " AS SELECT k, a FROM t;";
  PlanOptions options;
  options.rebuild = {"m"};
  Plan plan = PlanOf(table + "CREATE MATERIALIZED VIEW m REFRESH MANUAL" + query,
                     table +
                         "CREATE MATERIALIZED VIEW m REFRESH MANUAL PROPERTIES "
                         "(\"excluded_trigger_tables\" = \"t\")" +
                         query,
                     options);
  EXPECT_TRUE(plan.steps.empty());
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_FALSE(plan.refusals[0].rebuild);
}

TEST(PlanKindsTest, ParentsOfForeignKeysMustExist) {
  std::string child =
      T("k INT", "PROPERTIES (\"foreign_key_constraints\" = \"(k) REFERENCES p(k)\")");
  auto plan = MakePlan(Live(""), true, ReadObjects(child), {});
  EXPECT_NE(std::string(plan.status().message()).find("harbor.t refers to harbor.p"),
            std::string::npos)
      << plan.status();
  // Children are dropped first.
  PlanOptions options;
  options.drop_undeclared = true;
  EXPECT_EQ(Lines(PlanOf(T("k INT", "", "p") + child, "", options)),
            "DROP TABLE t\nDROP TABLE p\n");
}

}  // namespace
}  // namespace stateserver::schema::plan_kinds
