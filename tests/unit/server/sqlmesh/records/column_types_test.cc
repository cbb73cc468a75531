// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/column_types.h"

#include <gtest/gtest.h>

#include "common/depth.h"

namespace stateserver::state {
namespace {

// The type as it is spelled, or "unproven".
std::string Respelled(std::string_view dialect, std::string_view type) {
  std::string out;
  return AppendColumnType(FindDialect(dialect), type, &out) ? out : "unproven";
}

std::string Renamed(std::string_view dialect, std::string_view name) {
  std::string out;
  return AppendColumnName(FindDialect(dialect), name, &out) ? out : "unproven";
}

TEST(ColumnTypes, SimpleTypes) {
  EXPECT_EQ(Respelled("duckdb", "VARCHAR(10)"), "TEXT");
  EXPECT_EQ(Respelled("duckdb", "varchar ( 10 )"), "TEXT");
  EXPECT_EQ(Respelled("duckdb", "DECIMAL(10,2)"), "DECIMAL(10, 2)");
  EXPECT_EQ(Respelled("duckdb", "DECIMAL"), "DECIMAL(18, 3)");
  EXPECT_EQ(Respelled("bigquery", "INT"), "INT64");
  EXPECT_EQ(Respelled("snowflake", "TEXT"), "VARCHAR");
  EXPECT_EQ(Respelled("postgres", "double precision"), "DOUBLE PRECISION");
  EXPECT_EQ(Respelled("trino", "TIMESTAMP(3) WITH TIME ZONE"), "TIMESTAMP(3) WITH TIME ZONE");
}

TEST(ColumnTypes, NestedTypes) {
  EXPECT_EQ(Respelled("duckdb", "INT[]"), "INT[]");
  EXPECT_EQ(Respelled("duckdb", "ARRAY<VARCHAR>"), "TEXT[]");
  EXPECT_EQ(Respelled("spark", "array<struct<a: int, B2: array<string>>>"),
            "ARRAY<STRUCT<a: INT, B2: ARRAY<STRING>>>");
  EXPECT_EQ(Respelled("trino", "STRUCT<a INT, b MAP<VARCHAR, DATE>>"),
            "ROW(a INTEGER, b MAP(VARCHAR, DATE))");
  EXPECT_EQ(Respelled("duckdb", "STRUCT(x INT, y VARCHAR(3))"), "STRUCT(x INT, y TEXT)");
}

// Elements that do not follow the rule of their container.
TEST(ColumnTypes, Exceptions) {
  EXPECT_EQ(Respelled("duckdb", "DECIMAL[]"), "DECIMAL[]");
  EXPECT_EQ(Respelled("duckdb", "ARRAY<DECIMAL>"), "DECIMAL(18, 3)[]");
  EXPECT_EQ(Respelled("duckdb", "DECIMAL[][]"), "unproven");
}

TEST(ColumnTypes, UnprovenTextStaysAsItIs) {
  std::string out = "kept:";
  EXPECT_FALSE(AppendColumnType(FindDialect("duckdb"), "STRUCT(\"a b\" INT)", &out));
  EXPECT_EQ(out, "kept:STRUCT(\"a b\" INT)");
  EXPECT_EQ(Respelled("duckdb", "my_own_type"), "unproven");
  EXPECT_EQ(Respelled("duckdb", "STRUCT(select INT)"), "unproven");
  EXPECT_EQ(Respelled("duckdb", "DECIMAL(1,2,3)"), "unproven");
  EXPECT_EQ(Respelled("duckdb", "STRUCT(a INT"), "unproven");
  EXPECT_EQ(Respelled("duckdb", ""), "unproven");
  EXPECT_EQ(Respelled("duckdb", std::string(1000, '<')), "unproven");
  EXPECT_EQ(Respelled("no_such_dialect", "INT"), "unproven");
}

TEST(ColumnTypes, WithoutDialectNothingChanges) {
  EXPECT_EQ(Respelled("", "VARCHAR( 10 )"), "VARCHAR( 10 )");
}

TEST(ColumnNames, CaseOfTheDialect) {
  EXPECT_EQ(Renamed("duckdb", "Total Sum"), "total sum");
  EXPECT_EQ(Renamed("postgres", "OrderId"), "orderid");
  EXPECT_EQ(Renamed("postgres", "Order Id"), "Order Id");
  EXPECT_EQ(Renamed("snowflake", "order_id"), "ORDER_ID");
  EXPECT_EQ(Renamed("mysql", "OrderId"), "OrderId");
  EXPECT_EQ(Renamed("duckdb", "größe"), "unproven");
  EXPECT_EQ(Renamed("duckdb", "1st"), "unproven");
}

TEST(ColumnNames, Quoted) {
  std::string out;
  AppendQuotedColumn(FindDialect("bigquery"), "valid_from", &out);
  AppendQuotedColumn(FindDialect("snowflake"), "valid_from", &out);
  AppendQuotedColumn(nullptr, "valid_from", &out);
  EXPECT_EQ(out, "`valid_from`\"VALID_FROM\"\"valid_from\"");
}

TEST(ColumnTypes, DepthIsLimited) {
  auto arrays = [](int count) {
    std::string type;
    for (int i = 0; i < count; ++i) type += "ARRAY<";
    return type + "INT64" + std::string(count, '>');
  };
  EXPECT_EQ(Respelled("bigquery", arrays(kMostDepth)), arrays(kMostDepth));
  EXPECT_EQ(Respelled("bigquery", arrays(kMostDepth + 1)), "unproven");
  EXPECT_EQ(Respelled("bigquery", arrays(60'000)), "unproven");
}

}  // namespace
}  // namespace stateserver::state
