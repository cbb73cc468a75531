// SPDX-License-Identifier: Apache-2.0
//
// Hashes of nodes: those of SQLMesh where there is a rule, a reason where there is none.
#include "server/sqlmesh/fingerprint/node_hasher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "common/error.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "tests/unit/server/sqlmesh/records/codec_corpus.h"

namespace stateserver::fingerprint {
namespace {

using testing::HasSubstr;

absl::StatusOr<NodeAnswer> Hash(const std::string& document) {
  simdjson::dom::parser parser;
  simdjson::dom::element snapshot;
  EXPECT_EQ(parser.parse(document).get(snapshot), simdjson::SUCCESS) << document;
  NodeHasher hasher;
  return hasher.Hash(snapshot);
}

// `fields` of a node of the model db.t, each behind a comma.
std::string Model(const std::string& kind, const std::string& fields,
                  const std::string& dialect = "duckdb",
                  const std::string& name = R"(\"cat\".\"db\".\"t\")") {
  return R"({"name": ")" + name + R"(", "node": {"name": "db.t", "cron": "@daily", "dialect": ")" +
         dialect + R"(", "kind": )" + kind + R"(, "default_catalog": "cat")" + fields +
         R"(, "source_type": "sql"}})";
}

std::string WithQuery(const std::string& fields = "") {
  return Model(R"({"name": "FULL"})", fields + R"(, "query": {"sql": "SELECT a, b FROM t"})");
}

NodeHashes HashesOf(const std::string& document) {
  auto answer = Hash(document);
  EXPECT_TRUE(answer.ok()) << answer.status();
  if (!answer.ok()) return {};
  EXPECT_TRUE(answer->hashes.has_value()) << answer->unsupported;
  return answer->hashes.value_or(NodeHashes{});
}

std::string ReasonWhyNot(const std::string& document) {
  auto answer = Hash(document);
  EXPECT_TRUE(answer.ok()) << answer.status();
  if (!answer.ok()) return "";
  EXPECT_FALSE(answer->hashes.has_value());
  return answer->unsupported;
}

// Of the states that SQLMesh migrated, every row that has hashes of the newest recipe.
TEST(NodeHasher, GivesTheHashesOfEveryMigratedRow) {
  namespace fs = std::filesystem;
  int rows = 0;
  for (const auto& release : fs::directory_iterator(state::testing::CorpusPath(""))) {
    std::string dump = release.path().filename().string() + "/state_after.sql";
    if (!fs::exists(state::testing::CorpusPath(dump))) continue;
    NodeHasher hasher;
    for (const auto& row : state::testing::DumpRows(dump, "_snapshots")) {
      simdjson::dom::parser parser;
      simdjson::dom::element snapshot;
      ASSERT_EQ(parser.parse(*row.at("snapshot")).get(snapshot), simdjson::SUCCESS);
      bool migrated = false;
      if (snapshot["migrated"].get(migrated) != simdjson::SUCCESS || !migrated) continue;
      auto answer = hasher.Hash(snapshot);
      ASSERT_TRUE(answer.ok()) << answer.status();
      ASSERT_TRUE(answer->hashes.has_value()) << dump << *row.at("name") << answer->unsupported;
      state::Fingerprint stored;
      ASSERT_TRUE(state::ReadFingerprint(snapshot["fingerprint"], &stored));
      EXPECT_EQ(answer->hashes->data_hash, stored.data_hash) << dump << " " << *row.at("name");
      EXPECT_EQ(answer->hashes->metadata_hash, stored.metadata_hash)
          << dump << " " << *row.at("name");
      ++rows;
    }
  }
  EXPECT_GT(rows, 100);
}

// The numbers of these three are those of SQLMesh 0.236.4.
TEST(NodeHasher, AFullModel) {
  NodeHashes hashes = HashesOf(WithQuery());
  EXPECT_EQ(hashes.data_hash, "670888675");
  EXPECT_EQ(hashes.metadata_hash, "2155842296");
}

TEST(NodeHasher, AnIncrementalModelWithAnAudit) {
  NodeHashes hashes = HashesOf(Model(R"({"name": "INCREMENTAL_BY_TIME_RANGE", "dialect": "duckdb",
                "time_column": {"column": "\"ds\"", "format": "%Y-%m-%d"}})",
                                     R"j(, "audits": [["not_null", {"columns": "(a)"}]],
                 "query": {"sql": "SELECT a, ds FROM t"})j"));
  EXPECT_EQ(hashes.data_hash, "1511382541");
  EXPECT_EQ(hashes.metadata_hash, "3210687960");
}

TEST(NodeHasher, ASnowflakeViewWithACommentAndProperties) {
  NodeHashes hashes = HashesOf(Model(R"({"name": "VIEW", "materialized": false})",
                                     R"j(, "physical_properties": "(p = 1)",
                          "query": {"sql": "SELECT a -- one\nFROM t"})j",
                                     "snowflake", R"j(\"CAT\".\"DB\".\"T\")j"));
  EXPECT_EQ(hashes.data_hash, "3887277243");
  EXPECT_EQ(hashes.metadata_hash, "2366695492");
}

TEST(NodeHasher, SaysWhatIsInWhichHash) {
  NodeHashes plain = HashesOf(WithQuery());
  for (const char* metadata : {R"(, "owner": "x")", R"(, "tags": ["x"])", R"(, "grains": ["a"])",
                               R"(, "description": "x")"}) {
    NodeHashes changed = HashesOf(WithQuery(metadata));
    EXPECT_EQ(changed.data_hash, plain.data_hash) << metadata;
    EXPECT_NE(changed.metadata_hash, plain.metadata_hash) << metadata;
  }
  for (const char* data : {R"(, "stamp": "x")", R"(, "table_format": "iceberg")",
                           R"(, "partitioned_by": ["a"])", R"(, "storage_format": "parquet")"}) {
    NodeHashes changed = HashesOf(WithQuery(data));
    EXPECT_NE(changed.data_hash, plain.data_hash) << data;
  }
}

TEST(NodeHasher, DoesNotGuess) {
  EXPECT_EQ(ReasonWhyNot(WithQuery(R"(, "of_tomorrow": 1)")), "the field of_tomorrow");
  EXPECT_THAT(ReasonWhyNot(WithQuery(R"j(, "physical_properties": "(p = MY_UDF(a -> b))")j")),
              HasSubstr("the expression (p = MY_UDF(a -> b))"));
  EXPECT_THAT(
      ReasonWhyNot(Model(R"({"name": "FULL"})", R"(, "query": {"sql": "SELECT 1"})", "DuckDB")),
      HasSubstr("DuckDB"));
}

TEST(NodeHasher, NamesTheRowThatIsBroken) {
  auto message = [](const std::string& document) {
    auto answer = Hash(document);
    EXPECT_EQ(ReasonOf(answer.status()), Reason::STATE_CORRUPT) << document;
    return std::string(answer.status().message());
  };
  EXPECT_THAT(message(R"({"node": {}})"), HasSubstr("no name"));
  EXPECT_THAT(message(R"({"name": "m"})"), HasSubstr("m has no node"));
  EXPECT_THAT(message(R"({"name": "m", "node": {}})"), HasSubstr("without source_type"));
  EXPECT_THAT(message(R"({"name": "m", "node": {"source_type": "abc"}})"),
              HasSubstr("unknown type abc"));
  EXPECT_THAT(message(Model(R"("FULL")", "")), HasSubstr("kind that is not an object"));
  EXPECT_THAT(message(Model(R"({"name": "HALF"})", "")), HasSubstr("unknown kind HALF"));
}

}  // namespace
}  // namespace stateserver::fingerprint
