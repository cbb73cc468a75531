// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/parser.h"

#include <gtest/gtest.h>

#include <string>

#include "common/depth.h"
#include "common/text.h"
#include "server/starrocks/query/analysis.h"
#include "server/starrocks/query/print.h"
#include "server/starrocks/query/tree_compare.h"

namespace stateserver::schema::query {
namespace {

std::string Relations(std::string_view query) {
  std::optional<Analysis> analysis = AnalyzeText(query, "db", nullptr);
  if (!analysis) return "not parsed: " + ParseQuery(query).error->Message();
  std::string text;
  for (const ObjectName& name : analysis->relations) {
    AppendTo(&text, text.empty() ? "" : " ", name.Text());
  }
  for (const std::string& name : analysis->external) {
    AppendTo(&text, text.empty() ? "" : " ", "/", name);
  }
  return text;
}

struct Case {
  std::string_view query, relations;
};

constexpr Case kCases[] = {
    {"SELECT 1", ""},
    {"SELECT 1 FROM dual", ""},
    {"SELECT a FROM t, u v, w AS x", "db.t db.u db.w"},
    {"SELECT a FROM c.d.t, default_catalog.d.u, d.v", "d.u d.v /c.d.t"},
    {"SELECT EXTRACT(DAY FROM a), TRIM(LEADING 'x' FROM b), TRIM(c) FROM t", "db.t"},
    {"SELECT SUBSTRING(a FROM 1), substr(b, 1, 2), POSITION('x' IN c) FROM t", "db.t"},
    {"SELECT k FROM t JOIN [BROADCAST] z USING (k)", "db.t db.z"},
    {"SELECT k FROM t JOIN [SKEW|t.k(1, 2)] z ON t.k = z.k", "db.t db.z"},
    {"SELECT /*+ SET_VAR(a = 1) */ k FROM t", "db.t"},
    {"SELECT k FROM t PARTITION (p1, p2) AS x, z", "db.t db.z"},
    {"SELECT k FROM t TEMPORARY PARTITION (p1), z TABLET (1, 2) q", "db.t db.z"},
    {"SELECT k FROM t FOR VERSION AS OF 3, u FOR TIMESTAMP AS OF '2024-01-01' x", "db.t db.u"},
    {"SELECT k FROM t [_META_]", "db.t"},
    {"SELECT k FROM t WHERE a MATCH 'x' AND b NOT MATCH_ANY 'x y' OR c MATCH_ALL 'z'", "db.t"},
    {"SELECT k FROM t a ASOF INNER JOIN u b ON a.k = b.k AND a.x > b.x ASOF LEFT JOIN w",
     "db.t db.u db.w"},
    {"SELECT sum(a) OVER ([skewed, hash] PARTITION BY b) FROM t", "db.t"},
    {"SELECT k FROM FILES('path' = 'a', 'format' = 'csv') f", ""},
    {"SELECT g FROM TABLE(generate_series(1, 9)) s(g)", ""},
    {"SELECT g FROM TABLE(generate_series(start => 1, end => t.k)) s(g)", ""},
    {"SELECT k FROM t LEFT JOIN LATERAL unnest(split(a, ',')) AS u(e) ON TRUE", "db.t"},
    {"SELECT k FROM (t JOIN u ON t.a = u.a) JOIN (SELECT a FROM v) w ON TRUE", "db.t db.u db.v"},
    {"SELECT k FROM ((SELECT k FROM t) UNION ALL (SELECT k FROM u)) x", "db.t db.u"},
    {"SELECT k FROM t LEFT SEMI JOIN u ON t.k = u.k RIGHT ANTI JOIN v ON TRUE", "db.t db.u db.v"},
    {"SELECT k FROM (VALUES (1, 2), (3, 4)) v(a, b)", ""},
    {"WITH a AS (SELECT 1 FROM t), b (x) AS (SELECT 1 FROM a) SELECT 1 FROM a, b, c", "db.c db.t"},
    // A name of WITH is known only after its own query, and only in the query that it belongs to.
    {"WITH t AS (SELECT 1 FROM t) SELECT 1 FROM t", "db.t"},
    {"WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT 1 FROM r", ""},
    {"SELECT 1 FROM (WITH a AS (SELECT 1 FROM t) SELECT 1 FROM a) x, a", "db.a db.t"},
    {"SELECT (SELECT max(a) FROM u), EXISTS (SELECT 1 FROM v) FROM t WHERE a IN (SELECT a FROM w)",
     "db.t db.u db.v db.w"},
    {"SELECT a FROM t UNION SELECT a FROM u EXCEPT SELECT a FROM v MINUS SELECT a FROM w",
     "db.t db.u db.v db.w"},
    {"SELECT a FROM t INTERSECT SELECT a FROM u ORDER BY a NULLS LAST LIMIT 5 OFFSET 2",
     "db.t db.u"},
    {"SELECT a FROM t QUALIFY row_number() OVER (PARTITION BY b ORDER BY c) = 1", "db.t"},
    {"SELECT qualify FROM t qualify WHERE a = 1", "db.t"},
    {"SELECT * EXCLUDE (a, b), t.* EXCEPT (c) FROM t", "db.t"},
    {"SELECT a, sum(b) FROM t GROUP BY GROUPING SETS ((a), (), b) HAVING grouping(a) > 0", "db.t"},
    {"SELECT * FROM t PIVOT (sum(a) FOR b IN ('x', 'y')) p, u", "db.t db.u"},
    {"SELECT sum(a) FILTER (WHERE b > 1), lag(c IGNORE NULLS) OVER (ORDER BY d) FROM t", "db.t"},
    {"SELECT `from`, `select`.`join` FROM `select`", "db.select"},
    {"SELECT date, year, rank, left(a, 1), `if`(b, 1, 2), date '2024-01-01', t.key FROM t", "db.t"},
    {"SELECT interval, a + INTERVAL b + 1 DAY FROM t", "db.t"},
    {"SELECT [1, 2][1], array<int>[1], map{1: 2}[1], a[1:2], s.f.g, (x, y) -> x + y FROM t",
     "db.t"},
    {"SELECT @@sql_mode, CURRENT_DATE, current_timestamp(3), CAST(a AS ARRAY<INT>) FROM t", "db.t"},
    {"SELECT a -> 'b', a->'$.c', f(x -> x + 1, y -> 'z') FROM t", "db.t"},
    {"(SELECT a FROM t) ORDER BY 1 LIMIT 2, 3", "db.t"},
    {"SELECT like(a, 'b'), a = b IN (1, 2), x'0a', {'k': 1}, {fn now()}, a[:2], a[1:] FROM t",
     "db.t"},
    {"SELECT count(DISTINCT [skew] a), sum(b) OVER ([skewed] PARTITION BY c) FROM t", "db.t"},
    {"SELECT a FROM t PARTITION p1, u CROSS v", "db.t db.u db.v"},
};

TEST(QueryParserTest, RelationsOfEveryForm) {
  for (const Case& one : kCases) EXPECT_EQ(Relations(one.query), one.relations) << one.query;
}

TEST(QueryParserTest, APrintedTreeIsParsedToTheSameTree) {
  for (const Case& one : kCases) {
    ParsedQuery parsed = ParseQuery(one.query);
    ASSERT_FALSE(parsed.error) << one.query;
    std::string printed = PrintTree(*parsed.query);
    ParsedQuery again = ParseQuery(printed);
    ASSERT_FALSE(again.error) << printed << "\n" << again.error->Message();
    EXPECT_TRUE(IsSameTree(*parsed.query, *again.query)) << printed;
  }
}

TEST(QueryParserTest, AnErrorNamesItsPlace) {
  EXPECT_EQ(ParseQuery("SELECT a\nFROM WHERE").error->Text(),
            "query:2:6: found `WHERE`, expected a relation");
  EXPECT_EQ(ParseQuery("SELECT CASE a END FROM t").error->Message(), "found `END`, expected WHEN");
  EXPECT_EQ(ParseQuery("SELECT a FROM t ORDER").error->Message(),
            "found `ORDER`, expected the end of the query");
  for (std::string_view query : {"", "SELECT", "SELECT a FROM t WHERE", "SELECT a b c FROM t",
                                 "SELECT f(a FROM t", "SELECT a FROM t JOIN", "WITH a SELECT 1"}) {
    EXPECT_TRUE(ParseQuery(query).error) << query;
  }
}

std::string Times(int count, std::string_view text) {
  std::string out;
  for (int i = 0; i < count; ++i) out.append(text);
  return out;
}

TEST(QueryParserTest, DeepNestingIsAnErrorAndLongChainsAreNot) {
  constexpr int kMany = 20'000;
  for (std::string_view open : {"(", "-", "NOT ", "f(", "[", "CASE WHEN ", "(SELECT ", "a IN (",
                                "x -> ", "INTERVAL ", "map{", "CAST("}) {
    EXPECT_TRUE(ParseQuery(Cat("SELECT ", Times(kMany, open))).error) << open;
  }
  for (std::string_view open : {"(", "(SELECT 1 FROM ", "t JOIN (", "TABLE("}) {
    EXPECT_TRUE(ParseQuery(Cat("SELECT 1 FROM ", Times(kMany, open))).error) << open;
  }
  for (std::string_view close : {"[1]", " -> 'a'", " IS NULL", " BETWEEN 1 AND 2", " IN (1)"}) {
    EXPECT_TRUE(ParseQuery(Cat("SELECT a", Times(kMany, close))).error) << close;
  }
  for (std::string_view link :
       {" + 1", " AND b", ", c", " UNION SELECT 1", " INTERSECT SELECT 1"}) {
    std::optional<Analysis> analysis =
        AnalyzeText(Cat("SELECT a", Times(kMany, link)), "db", nullptr);
    EXPECT_TRUE(analysis) << link;
  }
  for (std::string_view link : {", t", " JOIN t ON a = b", " JOIN t USING (a)", " LEFT JOIN t x"}) {
    std::optional<Analysis> analysis =
        AnalyzeText(Cat("SELECT * FROM t", Times(kMany, link)), "db", nullptr);
    EXPECT_TRUE(analysis) << link;
  }
}

}  // namespace
}  // namespace stateserver::schema::query
