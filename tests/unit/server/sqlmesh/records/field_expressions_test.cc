// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/field_expressions.h"

#include <gtest/gtest.h>

#include "server/sqlmesh/records/column_types.h"

namespace stateserver::state {
namespace {

// The expression as it is spelled, or "unproven".
std::string Spelled(std::string_view dialect, std::string_view text,
                    std::string_view sqlglot = "") {
  std::string out;
  const DialectRules* rules = FindDialect(dialect, SqlglotRelease(sqlglot));
  return AppendFieldExpression(rules, text, &out) ? out : "unproven";
}

TEST(FieldExpressions, QuotesColumnsInTheDialect) {
  EXPECT_EQ(Spelled("duckdb", "a"), "\"a\"");
  EXPECT_EQ(Spelled("duckdb", "(A)"), "(\"a\")");
  EXPECT_EQ(Spelled("spark", "( a )"), "(`a`)");
  EXPECT_EQ(Spelled("snowflake", "(a)"), "(\"A\")");
  EXPECT_EQ(Spelled("tsql", "(a)"), "([a])");
  EXPECT_EQ(Spelled("clickhouse", "Ab"), "\"Ab\"");
  EXPECT_EQ(Spelled("", "(T.a)"), "(\"t\".\"a\")");
}

TEST(FieldExpressions, QuotedNamesGetTheDialectsQuotes) {
  EXPECT_EQ(Spelled("tsql", "\"updated_at\""), "[updated_at]");
  EXPECT_EQ(Spelled("clickhouse", "`valid_from`"), "\"valid_from\"");
  EXPECT_EQ(Spelled("duckdb", "(\"A b\")"), "(\"a b\")");
  EXPECT_EQ(Spelled("snowflake", "\"Abc\""), "\"Abc\"");
  EXPECT_EQ(Spelled("duckdb", "\"a\"\"b\""), "unproven");
}

TEST(FieldExpressions, FunctionsAndCasts) {
  EXPECT_EQ(Spelled("duckdb", "(upper(b))"), "(UPPER(\"b\"))");
  EXPECT_EQ(Spelled("spark", "(date_trunc('month', ts))"), "(DATE_TRUNC('MONTH', `ts`))");
  EXPECT_EQ(Spelled("bigquery", "(TIMESTAMP_TRUNC(ts, month))"), "(TIMESTAMP_TRUNC(`ts`, MONTH))");
  EXPECT_EQ(Spelled("trino", "(bucket(4, id))"), "(BUCKET(4, \"id\"))");
  EXPECT_EQ(Spelled("duckdb", "(CAST(ts AS date))"), "(CAST(\"ts\" AS DATE))");
  EXPECT_EQ(Spelled("postgres", "(ts :: date)"), "(CAST(\"ts\" AS DATE))");
  EXPECT_EQ(Spelled("duckdb", "(coalesce(a, ''))"), "(COALESCE(\"a\", ''))");
  EXPECT_EQ(Spelled("duckdb", "(id%4)"), "(\"id\" % 4)");
}

// The same text, as different versions of sqlglot write it.
TEST(FieldExpressions, VersionsDiffer) {
  EXPECT_EQ(Spelled("clickhouse", "(DATE_TRUNC('month', ts))", "26.16"),
            "(DATE_TRUNC('MONTH', \"ts\"))");
  EXPECT_EQ(Spelled("clickhouse", "(DATE_TRUNC('month', ts))", "30.8"),
            "(dateTrunc('MONTH', \"ts\"))");
  // Between two versions that differ, neither is certain.
  EXPECT_EQ(Spelled("clickhouse", "(DATE_TRUNC('month', ts))", "29.0"), "unproven");
}

TEST(FieldExpressions, UnprovenTextStaysAsItIs) {
  std::string out = "kept:";
  EXPECT_FALSE(AppendFieldExpression(FindDialect("duckdb"), "(my_udf(a))", &out));
  EXPECT_EQ(out, "kept:(my_udf(a))");
  for (std::string_view text : {"",
                                "(",
                                "(a",
                                "a)",
                                "(a, b)",
                                "a b",
                                "(select)",
                                "a -- x",
                                "(a /* x */)",
                                "'x'",
                                "(a + b * c)",
                                "UPPER(",
                                "UPPER()",
                                "UPPER(a",
                                "CAST(a",
                                "CAST(a AS",
                                "CAST(a AS INT",
                                "a::",
                                "a::INT(",
                                "\"a",
                                "DATE_TRUNC('x\\'y', a)",
                                "1.5",
                                "1a",
                                "a.",
                                ".a",
                                "@x"}) {
    EXPECT_EQ(Spelled("duckdb", text), "unproven") << text;
  }
  EXPECT_EQ(Spelled("duckdb", std::string(100'000, '(')), "unproven");
  EXPECT_EQ(Spelled("no_such_dialect", "a"), "unproven");
}

}  // namespace
}  // namespace stateserver::state
