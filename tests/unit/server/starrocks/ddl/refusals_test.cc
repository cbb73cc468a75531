// SPDX-License-Identifier: Apache-2.0
//
// What the engine refuses of a table, refused when the plan is made, in the
// engine's words: sections 2.3 and 2.4 of its rules.
#include <gtest/gtest.h>

#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {
namespace {

struct Case {
  const char* name;
  const char* from;
  const char* to;
  const char* attribute;
  const char* reason;
};

std::vector<Object> Read(const std::string& script) {
  ParsedScript parsed = ParseScript(script, "s.sql", "harbor");
  EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.at(0).Text();
  return parsed.objects;
}

// Text behind `CREATE TABLE t `.
Plan PlanOf(const Case& one) {
  LiveSchema live;
  live.database = "harbor";
  for (Object& object : Read(std::string("CREATE TABLE t ") + one.from)) {
    live.objects.push_back({std::move(object), {}, ""});
  }
  auto plan = MakePlan(live, false, Read(std::string("CREATE TABLE t ") + one.to), {});
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *plan : Plan();
}

class RefusalTest : public ::testing::TestWithParam<Case> {};

TEST_P(RefusalTest, IsInTheEnginesWords) {
  Plan plan = PlanOf(GetParam());
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_EQ(plan.refusals[0].attribute, GetParam().attribute);
  EXPECT_EQ(plan.refusals[0].reason, GetParam().reason);
  EXPECT_FALSE(plan.refusals[0].hint.empty());
  for (const Step& step : plan.steps) ADD_FAILURE() << step.statement;
}

#define DUP(columns) "(" columns ") DUPLICATE KEY(k) DISTRIBUTED BY HASH(k)"
#define PK(columns) "(" columns ") PRIMARY KEY(k) DISTRIBUTED BY HASH(k)"
#define AGG(columns) "(" columns ") AGGREGATE KEY(k, l) DISTRIBUTED BY HASH(k)"
#define UNI(columns, key) "(" columns ") UNIQUE KEY(" key ") DISTRIBUTED BY HASH(k)"

INSTANTIATE_TEST_SUITE_P(
    Columns, RefusalTest,
    ::testing::Values(
        Case{"Narrower", DUP("k INT, a BIGINT"), DUP("k INT, a INT"), "column a",
             "Can not change BIGINT to INT"},
        Case{"Shorter", DUP("k INT, a CHAR(9)"), DUP("k INT, a CHAR(8)"), "column a",
             "Cannot shorten string length"},
        Case{"OtherString", DUP("k INT, a VARCHAR(9)"), DUP("k INT, a CHAR(9)"), "column a",
             "Can not change VARCHAR(9) to CHAR(9)"},
        Case{"Scale", DUP("k INT, a DECIMAL(8, 2)"), DUP("k INT, a DECIMAL(9, 4)"), "column a",
             "Can not change DECIMAL(8, 2) to DECIMAL(9, 4)"},
        Case{"Boolean", DUP("k INT, a BOOLEAN"), DUP("k INT, a TINYINT(1)"), "column a",
             "Can not change BOOLEAN to TINYINT"},
        Case{"Array", DUP("k INT, a ARRAY<INT>"), DUP("k INT, a ARRAY<BIGINT>"), "column a",
             "Can not change ARRAY<INT> to ARRAY<BIGINT>"},
        Case{"FieldType", DUP("k INT, a STRUCT<x INT>"), DUP("k INT, a STRUCT<x BIGINT>"),
             "column a", "Can not change STRUCT<`x` INT> to STRUCT<`x` BIGINT>"},
        Case{"NotNull", DUP("k INT, a INT NULL"), DUP("k INT, a INT NOT NULL"), "column a",
             "Can not change from nullable to non-nullable"},
        Case{"DefaultTaken", DUP("k INT, a INT DEFAULT \"1\""), DUP("k INT, a INT"), "column a",
             "Can not change default value"},
        Case{"Uuid", DUP("k INT"), DUP("k INT, a VARCHAR(40) DEFAULT (uuid())"), "column a",
             "unsupported default expr:uuid()"},
        Case{"Generated", DUP("k INT, a BIGINT AS k + 1"), DUP("k INT, a BIGINT"), "column a",
             "Can not modify a generated column to a non-generated column"},
        Case{
            "SourceOfSortColumn",
            "(k INT, s INT, g BIGINT AS s + 1) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) ORDER BY(g)",
            "(k INT, s BIGINT, g BIGINT AS s + 1) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) ORDER "
            "BY(g)",
            "column s", "Column s associates with the generated column g"},
        Case{
            "SourceDropped", DUP("k INT, s INT, g BIGINT AS s + 1"),
            DUP("k INT, g BIGINT AS s + 1"), "column s",
            "Column: s can not be dropped, because expression of Generated Column: g will refer to "
            "it"},
        Case{"GeneratedNotNull", DUP("k INT"), DUP("k INT, g BIGINT NOT NULL AS k + 1"), "column g",
             "Generated Column must be nullable column"},
        Case{"Distribution", DUP("k INT"), DUP("k BIGINT"), "column k",
             "Can not modify distribution column[k]"},
        Case{"PrimaryKey", PK("k INT NOT NULL, a INT"),
             "(k INT NOT NULL, a INT NOT NULL) PRIMARY KEY(k, a) DISTRIBUTED BY HASH(k)", "key",
             "Column a cannot become a key"},
        Case{"UniqueKey", UNI("k INT, l INT, v INT", "k, l"), UNI("k INT, v INT", "k"), "key",
             "Can not drop key column in Unique data model table"},
        Case{"ReplacedValues", AGG("k INT, l INT, v INT REPLACE"),
             "(k INT, v INT REPLACE) AGGREGATE KEY(k) DISTRIBUTED BY HASH(k)", "key",
             "Can not drop key column when table has value column with REPLACE aggregation method"},
        Case{"Aggregate", AGG("k INT, l INT, v INT SUM"), AGG("k INT, l INT, v INT MAX"),
             "column v", "Can not change aggregation type"},
        Case{"GeneratedOfAggregate", AGG("k INT, l INT, v INT SUM"),
             AGG("k INT, l INT, v INT SUM, g BIGINT AS k + 1"), "column g",
             "Generated Column does not support AGG table"},
        Case{"AutoIncrement", DUP("k INT, a BIGINT NOT NULL"),
             DUP("k INT, a BIGINT NOT NULL AUTO_INCREMENT"), "column a",
             "Can't not modify a AUTO_INCREMENT column"}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Tables, RefusalTest,
    ::testing::Values(
        Case{"SortColumnDropped", PK("k INT NOT NULL, a INT, b INT") " ORDER BY(a)",
             PK("k INT NOT NULL, b INT") " ORDER BY(a)", "column a",
             "Can not drop sort column in primary data model table"},
        Case{"SortType", PK("k INT NOT NULL, a INT, b DOUBLE") " ORDER BY(a)",
             PK("k INT NOT NULL, a INT, b DOUBLE") " ORDER BY(b)", "sort key",
             "Sort key column[b] type not supported in PrimaryKey table"},
        Case{"SortByAll", PK("k INT NOT NULL, a INT") " ORDER BY(a)",
             PK("k INT NOT NULL, a INT") " ORDER BY(a, k)", "sort key",
             "ORDER BY with all columns reorders them, and sets no sort key"},
        Case{"RandomUnique", UNI("k INT, v INT", "k"),
             "(k INT, v INT) UNIQUE KEY(k) DISTRIBUTED BY RANDOM", "distribution",
             "A table of this key model must use hash distribution"},
        Case{"HashOfPrimary", PK("k INT NOT NULL, a INT"),
             "(k INT NOT NULL, a INT) PRIMARY KEY(k) DISTRIBUTED BY HASH(a)", "distribution",
             "The distribution column a of a primary key table must be a key column"},
        Case{"Colocated", DUP("k INT, a INT") " BUCKETS 2 PROPERTIES (\"colocate_with\" = \"g\")",
             DUP("k INT, a INT") " BUCKETS 4 PROPERTIES (\"colocate_with\" = \"g\")",
             "distribution", "Optimize table in colocate group is not supported"},
        Case{"RollupOfPrimary", PK("k INT NOT NULL, a INT"),
             PK("k INT NOT NULL, a INT") " ROLLUP (r (a))", "rollup r",
             "Do not support add rollup on primary key table"},
        Case{"IndexOfRefused", DUP("k INT"),
             "(k INT, a INT NOT NULL, INDEX i (a) USING BITMAP) DUPLICATE KEY(k) DISTRIBUTED BY "
             "HASH(k)",
             "column a", "Field 'a' is not null but doesnt have a default value"},
        Case{"RollupOfNothing", DUP("k INT, a INT"), DUP("k INT, a INT") " ROLLUP (r (a, z))",
             "rollup r", "Column[z] does not exist in base index"},
        Case{"RollupOfUnique", UNI("k INT, v INT", "k"), UNI("k INT, v INT", "k") " ROLLUP (r (v))",
             "rollup r", "Rollup should contains all unique keys in basetable"},
        Case{"Immutable", DUP("k INT"), DUP("k INT") " PROPERTIES (\"storage_format\" = \"v2\")",
             "property storage_format", "Unknown properties: {storage_format=v2}"},
        Case{"PartitionColumn",
             "(k INT, d DATE NOT NULL) DUPLICATE KEY(k) PARTITION BY RANGE(d) () DISTRIBUTED BY "
             "HASH(k)",
             "(k INT, d DATETIME NOT NULL) DUPLICATE KEY(k) PARTITION BY RANGE(d) () DISTRIBUTED "
             "BY HASH(k)",
             "column d", "Can not modify partition column[d]"},
        Case{"Engine", "(k INT) ENGINE = OLAP DUPLICATE KEY(k) DISTRIBUTED BY HASH(k)",
             "(k INT) ENGINE = MYSQL DUPLICATE KEY(k) DISTRIBUTED BY HASH(k)", "engine",
             "The engine of a table cannot be changed"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace stateserver::schema
