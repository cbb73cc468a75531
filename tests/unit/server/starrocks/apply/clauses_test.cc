// SPDX-License-Identifier: Apache-2.0
//
// Clauses that are judged together, plans, and what is not known.
#include "server/starrocks/apply/plan_check.h"
#include "server/starrocks/ddl/script.h"
#include "tests/unit/server/starrocks/apply/recorded.h"

namespace stateserver::apply {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

constexpr char kTable[] =
    "CREATE TABLE t (k INT NOT NULL, a INT NULL, b VARCHAR(10) NULL, INDEX i (a) USING BITMAP) "
    "DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 2 PROPERTIES (\"replication_num\" = \"1\")";

Catalog With(const std::vector<std::string>& statements) {
  Catalog catalog = EmptyCatalog("db");
  for (const std::string& one : statements) {
    Verdict verdict = Step(one, &catalog);
    EXPECT_TRUE(verdict.taken()) << one << ": " << verdict.words;
  }
  return catalog;
}

std::string Words(const std::string& statement, std::vector<std::string> before = {kTable}) {
  Catalog catalog = With(before);
  Verdict verdict = Step(statement, &catalog);
  return verdict.unknown() ? "unknown: " + verdict.words : verdict.words;
}

TEST(ClausesTest, AnIndexIsNotReplacedInOneAlter) {
  EXPECT_EQ(Words("ALTER TABLE t DROP INDEX i, ADD INDEX i (b) USING BITMAP"),
            "index `i` already exist.");
  EXPECT_EQ(Words("ALTER TABLE t DROP INDEX i, ADD INDEX j (a) USING BITMAP"),
            "index for columns (a ) already exist.");
  EXPECT_EQ(Words("ALTER TABLE t DROP INDEX i, ADD INDEX j (b) USING BITMAP"), "");
}

TEST(ClausesTest, ClausesSeeThoseBefore) {
  EXPECT_EQ(Words("ALTER TABLE t ADD COLUMN c INT NULL, ADD COLUMN d INT NULL AFTER c"), "");
  EXPECT_EQ(Words("ALTER TABLE t DROP COLUMN b, ADD COLUMN c INT NULL AFTER b"),
            "Column[b] does not found");
  EXPECT_EQ(Words("ALTER TABLE t MODIFY COLUMN a BIGINT NULL, MODIFY COLUMN a BIGINT NULL"),
            "Column[a] does not exists");
}

TEST(ClausesTest, ARefusalChangesNothing) {
  Catalog catalog = With({kTable});
  EXPECT_TRUE(Step("ALTER TABLE t ADD COLUMN c INT NULL, DROP COLUMN nothing", &catalog).refused());
  EXPECT_EQ(catalog.Find("t")->table()->table.columns.size(), 3U);
}

TEST(ClausesTest, AnUnknownStatementMakesItsObjectUnknown) {
  Catalog catalog = With({kTable});
  EXPECT_TRUE(
      Step("ALTER TABLE t ADD TEMPORARY PARTITION p VALUES LESS THAN (\"3\")", &catalog).unknown());
  EXPECT_TRUE(Step("ALTER TABLE t DROP COLUMN a", &catalog).unknown());
  EXPECT_TRUE(Step("DROP TABLE t", &catalog).taken());
}

TEST(ClausesTest, OnlyThePropertyIsUnknown) {
  Catalog catalog = With({kTable});
  EXPECT_TRUE(Step("ALTER TABLE t SET (\"labels.location\" = \"rack:a\")", &catalog).unknown());
  EXPECT_TRUE(Step("ALTER TABLE t ADD COLUMN c INT NULL", &catalog).taken());
  EXPECT_TRUE(Step("ALTER TABLE t DROP COLUMN nothing", &catalog).refused());
  EXPECT_TRUE(Step("ALTER TABLE t SET (\"compression\" = \"LZ4\")", &catalog).refused());
  EXPECT_TRUE(Step("ALTER TABLE t SET (\"replication_num\" = \"1\")", &catalog).taken());
}

TEST(ClausesTest, WhatDependsOnAnUnknownPropertyIsUnknown) {
  const std::string move = "ALTER TABLE t DISTRIBUTED BY HASH(k) BUCKETS 4";
  Catalog catalog = With({kTable});
  EXPECT_TRUE(Step("ALTER TABLE t SET (\"colocate_with\" = \"g\")", &catalog).unknown());
  EXPECT_EQ(Step(move, &catalog).words,
            "the property colocate_with of t after a statement whose effect is not known");
  EXPECT_TRUE(Step("ALTER TABLE t DROP COLUMN b", &catalog).unknown());  // after the move
  catalog = With({kTable});
  EXPECT_TRUE(Step("ALTER TABLE t SET (\"colocate_with\" = \"g\")", &catalog).unknown());
  EXPECT_TRUE(Step("ALTER TABLE t DROP COLUMN b", &catalog).taken());
  EXPECT_TRUE(Step("ALTER TABLE t SET (\"colocate_with\" = \"\")", &catalog).taken());
  EXPECT_TRUE(Step(move, &catalog).taken());
}

TEST(ClausesTest, AForeignKeyNeedsAParentThatIsKnown) {
  const std::string parent =
      "CREATE TABLE p (k INT) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 2 PROPERTIES "
      "(\"replication_num\" = \"1\", \"unique_constraints\" = \"k\")";
  auto refer = [](const std::string& to) {
    return "ALTER TABLE t SET (\"foreign_key_constraints\" = \"(k) REFERENCES " + to + "\")";
  };
  EXPECT_EQ(Words(refer("p(k)"), {kTable, parent}), "");
  EXPECT_EQ(Words(refer("default_catalog.db.p(k)"), {kTable, parent}), "");
  EXPECT_EQ(Words(refer("p(x)"), {kTable, parent}), "unknown: the column x of p");
  EXPECT_EQ(Words(refer("hive.db.p(k)"), {kTable, parent}), "unknown: the table hive.db.p");
  EXPECT_NE(Words(refer("q(k)"), {kTable, parent}).find("table:q do not exist"), std::string::npos);
}

TEST(ClausesTest, ARenamedColumnKeepsItsBloomFilter) {
  EXPECT_EQ(Words("ALTER TABLE t SET (\"bloom_filter_columns\" = \"c\")",
                  {kTable, "ALTER TABLE t SET (\"bloom_filter_columns\" = \"b\")",
                   "ALTER TABLE t RENAME COLUMN b TO c"}),
            "Bloom filter index has no change");
}

TEST(ClausesTest, NamesThatWereNotLookedUpAreUnknown) {
  Catalog catalog = With({kTable});
  catalog.whole = false;
  catalog.looked_up = {"t", "gone"};
  for (std::string head : {"ALTER TABLE ", "ALTER VIEW ", "ALTER MATERIALIZED VIEW ", "DROP TABLE ",
                           "DROP VIEW ", "TRUNCATE TABLE ", "REFRESH MATERIALIZED VIEW "}) {
    std::string tail = head == "ALTER TABLE "               ? " COMMENT = \"x\""
                       : head == "ALTER VIEW "              ? " AS SELECT k FROM t"
                       : head == "ALTER MATERIALIZED VIEW " ? " INACTIVE"
                                                            : "";
    EXPECT_TRUE(Step(head + "other" + tail, &catalog).unknown()) << head;
    EXPECT_TRUE(Step(head + "gone" + tail, &catalog).refused()) << head;
  }
}

TEST(ClausesTest, TheReleaseCounts) {
  Catalog catalog = With({kTable});
  schema::Engine old{{3, 2, 0}, schema::RunMode::kSharedNothing};
  Applied applied = Apply(ParseStatement("ALTER TABLE t RENAME COLUMN a TO c"), catalog, old);
  EXPECT_EQ(applied.verdict.words, "StarRocks 3.2.0 has no RENAME COLUMN; 3.3.2 and later have");
  EXPECT_EQ(applied.verdict.evidence, "documented 3.2");
}

// Names that 4.0 refuses, and that another release may know.
TEST(ClausesTest, PropertiesOfOtherReleasesAreUnknown) {
  const std::string view =
      "CREATE MATERIALIZED VIEW m DISTRIBUTED BY HASH(k) REFRESH MANUAL PROPERTIES "
      "(\"replication_num\" = \"1\") AS SELECT k, a FROM t";
  std::string incremental = view;
  incremental.replace(incremental.find("m DIST"), 1, "n");
  incremental.replace(incremental.find(") AS"), 1, ", \"refresh_mode\" = \"INCREMENTAL\")");
  for (const std::string& statement :
       {incremental, std::string("ALTER TABLE t SET (\"table_query_timeout\" = \"3\")"),
        std::string("ALTER MATERIALIZED VIEW m SET (\"refresh_mode\" = \"INCREMENTAL\")"),
        std::string("ALTER MATERIALIZED VIEW m REFRESH CONTINUOUS")}) {
    Catalog catalog = With({kTable, view});
    schema::Engine later{{4, 1, 0}, schema::RunMode::kSharedNothing};
    EXPECT_TRUE(Apply(ParseStatement(statement), catalog, later).verdict.unknown()) << statement;
    EXPECT_TRUE(Apply(ParseStatement(statement), catalog, kEngine).verdict.refused()) << statement;
  }
}

TEST(ClausesTest, AWideningMakesAnActivationFailForGood) {
  const std::string view =
      "CREATE MATERIALIZED VIEW m DISTRIBUTED BY HASH(k) REFRESH MANUAL PROPERTIES "
      "(\"replication_num\" = \"1\") AS SELECT k, a FROM t";
  EXPECT_EQ(Words("ALTER MATERIALIZED VIEW m ACTIVE", {kTable, view}), "");
  EXPECT_NE(Words("ALTER MATERIALIZED VIEW m ACTIVE",
                  {kTable, view, "ALTER TABLE t MODIFY COLUMN a BIGINT NULL"})
                .find("column schema not compatible: (`a` int(11) NULL COMMENT \"\") and (`a` "
                      "bigint(20) NULL COMMENT \"\")"),
            std::string::npos);
  EXPECT_EQ(Words("ALTER MATERIALIZED VIEW m ACTIVE",
                  {kTable, view, "ALTER TABLE t MODIFY COLUMN b VARCHAR(20) NULL"}),
            "");
}

TEST(ClausesTest, WhatMakesMaterializedViewsInactive) {
  auto view = [](const std::string& name, const std::string& query) {
    return "CREATE MATERIALIZED VIEW " + name +
           " DISTRIBUTED BY RANDOM REFRESH MANUAL PROPERTIES (\"replication_num\" = \"1\") AS " +
           query;
  };
  const std::vector<std::string> before = {kTable, "CREATE VIEW v AS SELECT k, a FROM t",
                                           view("m", "SELECT k, a FROM v"),
                                           view("top", "SELECT k FROM m")};
  auto reason = [&](const std::string& statement, const std::string& of = "m") {
    Catalog catalog = With(before);
    Verdict verdict = Step(statement, &catalog);
    EXPECT_TRUE(verdict.taken()) << statement << ": " << verdict.words;
    const MaterializedViewState* state = catalog.Find(of)->materialized();
    EXPECT_EQ(state->active, state->inactive_because.empty());
    return state->inactive_because;
  };
  EXPECT_EQ(reason("ALTER TABLE t MODIFY COLUMN a BIGINT NULL"),
            "base table schema changed for columns: a");
  EXPECT_EQ(reason("ALTER TABLE t MODIFY COLUMN a BIGINT NULL", "top"), "base-mv inactive: m");
  EXPECT_EQ(reason("ALTER TABLE t RENAME COLUMN a TO c"),
            "base table schema changed for columns: a");
  EXPECT_EQ(reason("ALTER TABLE t ORDER BY (a)"), "base-table reordered columns:t");
  EXPECT_EQ(reason("ALTER TABLE t DISTRIBUTED BY HASH(k) BUCKETS 4"), "base-table optimized:t");
  EXPECT_EQ(reason("ALTER TABLE t RENAME u"), "base-table renamed: t");
  EXPECT_EQ(reason("DROP TABLE t"), "base-table dropped: t");
  EXPECT_EQ(reason("ALTER VIEW v AS SELECT k, a FROM t"), "base-view changed: v");
  EXPECT_EQ(reason("CREATE OR REPLACE VIEW v AS SELECT k, a FROM t"), "base-view changed: v");
  for (std::string harmless :
       {"ALTER TABLE t ADD COLUMN c INT NULL", "ALTER TABLE t DROP COLUMN b",
        "ALTER TABLE t MODIFY COLUMN b VARCHAR(20) NULL",
        "ALTER TABLE t MODIFY COLUMN a INT NULL COMMENT \"x\"",
        "ALTER TABLE t MODIFY COLUMN a COMMENT \"x\"", "ALTER TABLE t DROP INDEX i",
        "ALTER TABLE t COMMENT = \"x\"", "TRUNCATE TABLE t",
        "ALTER TABLE t DISTRIBUTED BY HASH(k) DEFAULT BUCKETS 4"}) {
    EXPECT_EQ(reason(harmless), "") << harmless;
  }
}

TEST(ClausesTest, ARefreshOfAnInactiveViewIsUnknown) {
  const std::string view =
      "CREATE MATERIALIZED VIEW m DISTRIBUTED BY HASH(k) REFRESH MANUAL PROPERTIES "
      "(\"replication_num\" = \"1\") AS SELECT k, b FROM t";
  const std::string widen = "ALTER TABLE t MODIFY COLUMN b VARCHAR(20) NULL";
  const std::string refresh = "REFRESH MATERIALIZED VIEW m";
  EXPECT_EQ(Words(refresh, {kTable, view}), "");
  EXPECT_EQ(Words(refresh, {kTable, view, widen}), "unknown: whether m is active by then");
  EXPECT_EQ(Words(refresh, {kTable, view, widen, "ALTER MATERIALIZED VIEW m ACTIVE"}), "");
}

TEST(PlanCheckTest, TheFirstRefusalEndsThePlan) {
  PlanCheck check = CheckStatements({{"ALTER TABLE t DROP COLUMN b"},
                                     {"ALTER TABLE t DROP COLUMN b"},
                                     {"ALTER TABLE t DROP COLUMN c"}},
                                    With({kTable}), kEngine);
  ASSERT_TRUE(check.refused);
  EXPECT_EQ(check.refused->number, 2U);
  EXPECT_EQ(RefusalText(*check.refused, "ALTER TABLE t DROP COLUMN b"),
            "StarRocks refuses statement 2, `ALTER TABLE t DROP COLUMN b`: Column does not "
            "exists: b (measured 4.0)");
}

TEST(PlanCheckTest, DestructionBeforeTheUnknown) {
  auto check = [](std::vector<PlannedStatement> statements) {
    return CheckStatements(statements, With({kTable}), kEngine).destructive_before_unknown;
  };
  const std::string drop = "ALTER TABLE t DROP COLUMN b";
  const std::string unknown = "ALTER TABLE t SET (\"labels.location\" = \"rack:a\")";
  EXPECT_EQ(check({{drop}, {unknown}}), (std::pair<size_t, size_t>{1, 2}));
  EXPECT_FALSE(check({{unknown}, {drop}}));
  EXPECT_FALSE(check({{drop}}));
  // What the plan itself calls destructive counts as well.
  EXPECT_TRUE(check({{"ALTER TABLE t COMMENT = 'x'", true}, {unknown}}));
}

TEST(PlanCheckTest, StepsOfAPlanGetWarningsAndARefusal) {
  schema::LiveSchema live;
  live.database = "db";
  live.engine = kEngine;
  for (schema::Object& object : schema::ParseScript(kTable, "live", "db").objects) {
    live.objects.push_back({std::move(object), std::nullopt, ""});
  }
  schema::Plan plan;
  for (std::string statement : {"ALTER TABLE t SET (\"labels.location\" = \"rack:a\")",
                                "ALTER TABLE nothing COMMENT = \"x\""}) {
    schema::Step& step = plan.steps.emplace_back();
    step.object = {"db", "t"};
    step.statement = statement;
  }
  CheckSteps(live, true, &plan);
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_EQ(plan.warnings[0].message,
            "it is not known whether StarRocks takes statement 1: the locations of the back ends");
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_EQ(plan.refusals[0].attribute, "statement 2");
  EXPECT_NE(plan.refusals[0].reason.find("Table nothing is not found"), std::string::npos);
}

// What the planner writes for a rebuild is known as a whole.
TEST(PlanCheckTest, ARebuildHasNoUnknownStatement) {
  PlanCheck check = CheckStatements(
      {{"CREATE TABLE `t__new` (`k` INT NOT NULL, `a` BIGINT NULL) PRIMARY KEY(`k`) DISTRIBUTED BY "
        "HASH(`k`) BUCKETS 2"},
       {"INSERT INTO `t__new` (`k`, `a`) SELECT `k`, `a` FROM `t`"},
       {"ALTER TABLE `t` SWAP WITH `t__new`"},
       {"ALTER TABLE `t__new` RENAME `t__old`"},
       {"DROP TABLE `t__old`"}},
      With({kTable}), kEngine);
  EXPECT_FALSE(check.refused);
  EXPECT_TRUE(check.unknown.empty());
  EXPECT_TRUE(check.after.Find("t")->table()->Is(schema::KeyModel::kPrimary));
  EXPECT_EQ(check.after.objects.size(), 1U);
}

}  // namespace
}  // namespace stateserver::apply
