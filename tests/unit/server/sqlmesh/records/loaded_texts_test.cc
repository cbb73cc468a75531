// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/loaded_texts.h"

#include <gtest/gtest.h>

namespace stateserver::state {
namespace {

struct State {
  int schema_version;
  std::string_view sqlglot;
};
constexpr State k0176 = {80, "26.16"};
constexpr State k0213 = {93, "27.9"};
constexpr State k0231 = {100, "28.10"};

// The exported node.
std::string Node(std::string_view json, State state, bool proven = true) {
  simdjson::dom::parser parser;
  simdjson::dom::element node = parser.parse(json);
  std::string out;
  EncodeNotes notes;
  AppendOlderNode(node, state.schema_version, SqlglotRelease(state.sqlglot), &out, &notes);
  EXPECT_EQ(notes.any(), !proven) << json;
  return out;
}

TEST(OlderNode, PartitionsAndClustersAreQuoted) {
  for (State state : {k0176, k0213, k0231}) {
    EXPECT_EQ(
        Node(R"j({"dialect":"databricks","partitioned_by":["(DS)"],"clustered_by":["(a)","`b`"]})j",
             state),
        R"j({"dialect":"databricks","partitioned_by":["(`ds`)"],"clustered_by":["(`a`)","`b`"]})j");
  }
}

TEST(OlderNode, KeywordsOfClusteringAreKept) {
  constexpr std::string_view kStored = R"j({"dialect":"databricks","clustered_by":["AUTO"]})j";
  EXPECT_EQ(Node(kStored, k0231), kStored);
}

TEST(OlderNode, ColumnTypesFollowTheRelease) {
  constexpr std::string_view kStored =
      R"j({"dialect":"duckdb","columns":{"A":"VARCHAR(40)","b":"DECIMAL(10,2)"},"derived_columns_to_types":{"c":"STRING"}})j";
  EXPECT_EQ(
      Node(kStored, k0176),
      R"j({"dialect":"duckdb","columns":{"a":"TEXT","b":"DECIMAL(10, 2)"},"derived_columns_to_types":{"c":"TEXT"}})j");
  EXPECT_EQ(Node(R"j({"dialect":"clickhouse","columns":{"a":"TIMESTAMPTZ"}})j", k0176),
            R"j({"dialect":"clickhouse","columns":{"a":"DateTime"}})j");
}

TEST(OlderNode, KindsAreSpelledAnew) {
  EXPECT_EQ(
      Node(
          R"j({"dialect":"duckdb","kind":{"name":"K","unique_key":["(id)"],"when_matched":"(WHEN MATCHED THEN DELETE)"}})j",
          k0213),
      R"j({"dialect":"duckdb","kind":{"name":"K","unique_key":["(\"id\")"],"when_matched":"WHEN MATCHED THEN DELETE"}})j");
  EXPECT_EQ(
      Node(
          R"j({"dialect":"clickhouse","kind":{"valid_from_name":"`valid_from`","time_data_type":"TIMESTAMPTZ"}})j",
          k0176),
      R"j({"dialect":"clickhouse","kind":{"valid_from_name":"\"valid_from\"","time_data_type":"DateTime"}})j");
}

// Only old releases of sqlglot keep the text of athena's expressions.
TEST(OlderNode, WhenMatchedOfAthena) {
  constexpr std::string_view kStored =
      R"j({"dialect":"athena","kind":{"when_matched":"(WHEN MATCHED THEN DELETE)"}})j";
  EXPECT_EQ(Node(kStored, k0176),
            R"j({"dialect":"athena","kind":{"when_matched":"WHEN MATCHED THEN DELETE"}})j");
  EXPECT_EQ(Node(kStored, k0213, false), kStored);
}

TEST(OlderNode, JinjaStatementsEndAtTheirEnd) {
  constexpr std::string_view kStored =
      R"j({"dialect":"","on_virtual_update":["JINJA_STATEMENT_BEGIN;\n{{ x }}\nJINJA_END;","GRANT x;"]})j";
  EXPECT_EQ(
      Node(kStored, k0176),
      R"j({"dialect":"","on_virtual_update":["JINJA_STATEMENT_BEGIN;\n{{ x }}\nJINJA_END","GRANT x;"]})j");
  EXPECT_EQ(Node(kStored, k0213), kStored);
  EXPECT_EQ(Node(R"j({"query":"JINJA_QUERY_BEGIN;\nSELECT 1\nJINJA_END;"})j", k0176),
            R"j({"query":"JINJA_QUERY_BEGIN;\nSELECT 1\nJINJA_END"})j");
}

TEST(OlderNode, OtherPartsAreKept) {
  constexpr std::string_view kStored =
      R"j({"dialect":"duckdb","shiny":[1,{"a":"(b)"}],"grains":["(a)"],"kind":"FULL","columns":null,"query":{"sql":"x;"},"clustered_by":[7]})j";
  EXPECT_EQ(Node(kStored, k0176), kStored);
}

TEST(OlderNode, WhatIsNotProvenIsNotedAndKept) {
  EXPECT_EQ(Node(R"j({"dialect":"duckdb","clustered_by":["(my_udf(a))"]})j", k0213, false),
            R"j({"dialect":"duckdb","clustered_by":["(my_udf(a))"]})j");
  EXPECT_EQ(Node(R"j({"dialect":"duckdb","clustered_by":["MY_UDF(\"a\")"]})j", k0213),
            R"j({"dialect":"duckdb","clustered_by":["MY_UDF(\"a\")"]})j");
  constexpr std::string_view kGrants =
      R"j({"dialect":"athena","grants":"('select' = ['a','b'])"})j";
  EXPECT_EQ(Node(kGrants, k0231, false), kGrants);
  EXPECT_EQ(Node(R"j({"dialect":"no_such","columns":{"a":"INT"}})j", k0213, false),
            R"j({"dialect":"no_such","columns":{"a":"INT"}})j");
}

}  // namespace
}  // namespace stateserver::state
