// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/analysis.h"

#include <gtest/gtest.h>

#include <string>

#include "common/text.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/query/same.h"

namespace stateserver::schema::query {
namespace {

constexpr char kTables[] =
    "CREATE TABLE t (k INT, a VARCHAR(10), s STRUCT<x INT, y DATE>) DUPLICATE KEY(k) DISTRIBUTED "
    "BY HASH(k);"
    "CREATE TABLE u (k INT, b DOUBLE) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k);"
    "CREATE VIEW v AS SELECT k, s.y AS day, upper(a) AS big, k + 1 FROM t;"
    "CREATE VIEW w (p, q) AS SELECT day, count(*) FROM v GROUP BY day;";

class Schema {
 public:
  explicit Schema(const std::string& more = "") : script_(ParseScript(kTables + more, "s", "db")) {
    EXPECT_TRUE(script_.errors.empty());
    for (const Object& object : script_.objects) source_.Add(object);
  }

  // Returns "t.a t.k u.b, ?x": the columns that a query reads.
  std::string Columns(std::string_view query) {
    std::optional<Analysis> analysis = AnalyzeText(query, "db", &source_);
    if (!analysis) return "not parsed";
    std::string text;
    for (const auto& [relation, columns] : analysis->columns) {
      for (const std::string& column : columns) AppendTo(&text, relation.name, ".", column, " ");
    }
    for (const std::string& column : analysis->unresolved) AppendTo(&text, "?", column, " ");
    return text;
  }

  // Returns "k INT, n -": names and types; "unknown" if there are none.
  std::string Output(std::string_view query) {
    OutputColumns columns = OutputTypes(query, "db", &source_);
    if (columns == nullptr) return "unknown";
    std::string text;
    for (const OutputColumn& column : *columns) {
      AppendTo(&text, text.empty() ? "" : ", ", column.name, " ",
               column.type == nullptr ? "-" : PrintType(*column.type));
    }
    return text;
  }

  std::optional<bool> IsPrinted(std::string_view live, std::string_view declared) {
    return IsPrintedAs(live, declared, "db", &source_);
  }

 private:
  ParsedScript script_;
  SchemaColumns source_;
};

TEST(AnalysisTest, ColumnsBelongToTheirRelations) {
  Schema schema;
  EXPECT_EQ(schema.Columns("SELECT a, b FROM t, u WHERE t.k = u.k"), "t.a t.k u.b u.k ");
  EXPECT_EQ(schema.Columns("SELECT x.s.y, db.u.b FROM t x JOIN u USING (k)"), "t.k t.s u.b u.k ");
  EXPECT_EQ(schema.Columns("SELECT * FROM t"), "t.a t.k t.s ");
  EXPECT_EQ(schema.Columns("SELECT * EXCLUDE (a) FROM t"), "t.k t.s ");
  EXPECT_EQ(schema.Columns("SELECT x.* FROM (SELECT k FROM t) x, u"), "t.k ");
  EXPECT_EQ(schema.Columns("SELECT a AS z FROM t GROUP BY z ORDER BY z, 1"), "t.a ");
  EXPECT_EQ(schema.Columns("SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM u WHERE b = a)"),
            "t.a u.b ");
  EXPECT_EQ(schema.Columns("WITH c AS (SELECT k AS z FROM t) SELECT z FROM c"), "t.k ");
  EXPECT_EQ(schema.Columns("SELECT array_map(k -> k + 1, [1]) FROM t"), "");
  EXPECT_EQ(schema.Columns("SELECT a, nope FROM t"), "t.a ?nope ");
  EXPECT_EQ(schema.Columns("SELECT z, t.a FROM t, other.x"), "t.a ?z ");
  EXPECT_EQ(schema.Columns("SELECT * FROM other.x"), "x.* ");
}

TEST(AnalysisTest, TypesFollowFromColumns) {
  Schema schema;
  EXPECT_EQ(schema.Output("SELECT k, a, s.x, s.y AS d, b * 2 AS n FROM t, u"),
            "k INT, a VARCHAR(10), x INT, d DATE, n -");
  EXPECT_EQ(schema.Output("SELECT * FROM w"), "p DATE, q BIGINT");
  EXPECT_EQ(schema.Output("SELECT big FROM v"), "big VARCHAR");
  EXPECT_EQ(schema.Output("SELECT * FROM v"), "unknown");  // a column without a name
  EXPECT_EQ(schema.Output("SELECT k FROM t UNION ALL SELECT k FROM u"), "k INT");
  EXPECT_EQ(schema.Output("SELECT k FROM t UNION ALL SELECT b FROM u"), "k -");
  EXPECT_EQ(schema.Output("SELECT * FROM other.x"), "unknown");
  EXPECT_EQ(schema.Output("SELECT e FROM (SELECT [1, 2] AS l) x, unnest(l) AS y(e)"), "e TINYINT");
}

TEST(AnalysisTest, ViewsThatReadEachOtherHaveNoColumns) {
  Schema schema("CREATE VIEW a AS SELECT * FROM b; CREATE VIEW b AS SELECT * FROM a;");
  EXPECT_EQ(schema.Output("SELECT * FROM a"), "unknown");
}

TEST(AnalysisTest, AChainOfManyViewsNeedsNoDeepStack) {
  std::string views;
  for (int i = 1; i < 3000; ++i) {
    AppendTo(&views, "CREATE VIEW v", i, " AS SELECT * FROM ", i == 1 ? "t" : Cat("v", i - 1), ";");
  }
  Schema schema(views);
  EXPECT_EQ(schema.Output("SELECT k FROM v2999"), "k INT");
}

TEST(IsPrintedAsTest, WhatTheEngineRewrites) {
  Schema schema;
  for (auto [live, declared] : std::initializer_list<std::pair<const char*, const char*>>{
           {"SELECT `db`.`t`.`k` FROM `db`.`t` WHERE (NOT ((`db`.`t`.`k` = 1) AND (`db`.`t`.`a` IS "
            "NULL)))",
            "SELECT K FROM t WHERE k <> 1 OR a IS NOT NULL"},
           {"SELECT `db`.`t`.`k` FROM `db`.`t` LIMIT 2, 3", "SELECT k FROM t LIMIT 3 OFFSET 2"},
           {"SELECT `db`.`t`.`k` FROM `db`.`t` WHERE `db`.`t`.`k` IN (((SELECT `db`.`u`.`k` FROM "
            "`db`.`u`)))",
            "SELECT k FROM t WHERE k IN (SELECT k FROM u)"},
           {"SELECT (`db`.`t`.`k` + 1) - (2 - 3) AS `k + 1 - (2 - 3)` FROM `db`.`t`",
            "SELECT k + 1 - (2 - 3) FROM t"},
           {"SELECT `db`.`t`.`k`, `db`.`t`.`a`, `db`.`t`.`s` FROM `db`.`t` ORDER BY `db`.`t`.`a` "
            "DESC",
            "SELECT * FROM t ORDER BY 2 DESC"},
           {"SELECT substring(`db`.`t`.`a`, 2, 3) AS `x` FROM `db`.`t`",
            "SELECT SUBSTRING(a FROM 2 FOR 3) x FROM t"},
           {"SELECT sum_if(`db`.`t`.`k`, `db`.`t`.`k` > 1) AS `x` FROM `db`.`t`",
            "SELECT sum(k) FILTER (WHERE k > 1) AS x FROM t"},
           {"SELECT `db`.`t`.`k` FROM `db`.`t` UNION ALL SELECT `db`.`u`.`k` FROM `db`.`u` ORDER "
            "BY "
            "`db`.`t`.`k` ASC",
            "SELECT k FROM t UNION ALL SELECT k FROM u ORDER BY 1"}}) {
    EXPECT_EQ(schema.IsPrinted(live, declared), std::optional(true)) << live << "\n" << declared;
  }
}

TEST(IsPrintedAsTest, EveryOtherDifferenceCounts) {
  Schema schema;
  constexpr char kLive[] =
      "SELECT `db`.`x`.`k`, sum(`db`.`u`.`b`) AS `n` FROM `db`.`t` AS `x` INNER JOIN `db`.`u` ON "
      "`db`.`x`.`k` = `db`.`u`.`k` WHERE `db`.`x`.`a` LIKE 'z%' GROUP BY `db`.`x`.`k` HAVING "
      "(count(*)) > 1 ORDER BY `db`.`x`.`k` ASC LIMIT 3";
  const std::string declared =
      "SELECT x.k, sum(b) AS n FROM t x JOIN u ON x.k = u.k WHERE a LIKE 'z%' GROUP BY x.k HAVING "
      "count(*) > 1 ORDER BY 1 LIMIT 3";
  EXPECT_EQ(schema.IsPrinted(kLive, declared), std::optional(true));
  for (auto [from, to] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"SELECT ", "SELECT DISTINCT "},
           {"x.k, ", "u.k, "},
           {"sum(b)", "max(b)"},
           {"sum(b)", "sum(DISTINCT b)"},
           {"sum(b)", "sum(x.k)"},
           {"AS n", "AS m"},
           {"AS n", ""},
           {"t x", "u x"},
           {"t x", "other.t x"},
           {"JOIN", "LEFT JOIN"},
           {"JOIN", "CROSS JOIN"},
           {"JOIN", "JOIN [SHUFFLE]"},
           {"x.k = u.k", "x.k = u.b"},
           {"x.k = u.k", "x.k >= u.k"},
           {"a LIKE", "a NOT LIKE"},
           {"a LIKE", "s.y LIKE"},
           {"'z%'", "'Z%'"},
           {"GROUP BY x.k", "GROUP BY x.k, x.a"},
           {"GROUP BY x.k", "GROUP BY ROLLUP(x.k)"},
           {"> 1", "> 2"},
           {"> 1", "> 1 OR TRUE"},
           {"ORDER BY 1", "ORDER BY 2"},
           {"ORDER BY 1", "ORDER BY 1 DESC"},
           {"ORDER BY 1", "ORDER BY 1 NULLS LAST"},
           {"LIMIT 3", "LIMIT 4"},
           {"LIMIT 3", "LIMIT 3 OFFSET 1"},
           {"LIMIT 3", ""}}) {
    std::string changed = declared;
    changed.replace(changed.find(from), from.size(), to);
    EXPECT_EQ(schema.IsPrinted(kLive, changed), std::optional(false)) << changed;
  }
}

}  // namespace
}  // namespace stateserver::schema::query
