// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "common/error.h"
#include "server/sqlmesh/records/environment_codec.h"
#include "server/sqlmesh/records/json_output.h"
#include "tests/unit/server/sqlmesh/records/codec_corpus.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;
using testing::Boolean;
using testing::Number;
using testing::Row;

EnvironmentRow FromColumns(Row& row) {
  EnvironmentRow out;
  out.name = *row["name"];
  out.start_at = row["start_at"];
  out.end_at = row["end_at"];
  out.plan_id = *row["plan_id"];
  out.previous_plan_id = row["previous_plan_id"];
  out.expiration_ts = Number(row["expiration_ts"]);
  out.finalized_ts = Number(row["finalized_ts"]);
  out.suffix_target = row["suffix_target"];
  out.catalog_name_override = row["catalog_name_override"];
  out.normalize_name = Boolean(row["normalize_name"]);
  out.gateway_managed = Boolean(row["gateway_managed"]);
  out.requirements = row["requirements"];
  return out;
}

class EnvironmentCorpus : public ::testing::TestWithParam<const char*> {};

TEST_P(EnvironmentCorpus, HeadAndTailEqualSqlMeshsExport) {
  std::string release = GetParam();
  simdjson::dom::parser parser;
  element document = parser.load(testing::CorpusPath(release + "/export_after.json"));
  EnvironmentCodec codec;
  size_t count = 0;
  for (Row& row : testing::DumpRows(release + "/state_after.sql", "_environments")) {
    element want = document["environments"][*row["name"]];
    std::string out;
    AppendEnvironmentHead(FromColumns(row), &out);
    out.append(",\"snapshots\":" + *row["snapshots"]);
    for (const char* list : {"promoted_snapshot_ids", "previous_finalized_snapshots"}) {
      if (row[list]) out.append(std::string(",\"") + list + "\":" + *row[list]);
    }
    ASSERT_TRUE(AppendEnvironmentTail(FromColumns(row), &out).ok());
    EXPECT_EQ(testing::TextDifference(out, simdjson::minify(want["environment"].value())), "");
    ++count;

    // And back.
    auto decoded = codec.Decode(*row["name"], simdjson::minify(want));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    std::string again, once;
    AppendEnvironmentHead(decoded->row, &again);
    AppendEnvironmentHead(FromColumns(row), &once);
    ASSERT_TRUE(AppendEnvironmentTail(decoded->row, &again).ok());
    ASSERT_TRUE(AppendEnvironmentTail(FromColumns(row), &once).ok());
    EXPECT_EQ(again, once);
    EXPECT_EQ(decoded->has_promoted_snapshot_ids, row["promoted_snapshot_ids"].has_value());
    EXPECT_EQ(decoded->has_previous_finalized_snapshots,
              row["previous_finalized_snapshots"].has_value());
    EXPECT_EQ(
        testing::TextDifference(decoded->statements_json.empty() ? "[]" : decoded->statements_json,
                                simdjson::minify(want["statements"].value())),
        "");
    int64_t index = 0;
    for (element info : AsArray(want["environment"]["snapshots"])) {
      auto facts = codec.ReadTableInfo(*row["name"], "snapshots", index++, simdjson::minify(info));
      ASSERT_TRUE(facts.ok()) << facts.status();
      EXPECT_EQ(facts->version, info["version"].get_string().value());
    }
  }
  EXPECT_GE(count, 6u);
}

INSTANTIATE_TEST_SUITE_P(Releases, EnvironmentCorpus,
                         ::testing::Values(NEWEST_CORPUS, "0.213.0", "0.176.0", "0.137.1"));

// Every identifier an environment points to is that of an exported snapshot.
TEST(EnvironmentCodec, IdentifiersOfTableInfos) {
  std::set<std::string> known;
  for (Row& row : testing::DumpRows(NEWEST_CORPUS "/state_before.sql", "_snapshots")) {
    known.insert(*row["name"] + " " + *row["identifier"]);
  }
  simdjson::dom::parser parser;
  element document = parser.load(testing::CorpusPath(NEWEST_CORPUS "/export_all.json"));
  EnvironmentCodec codec;
  for (element info : AsArray(document["environments"]["prod"]["environment"]["snapshots"])) {
    auto facts = codec.ReadTableInfo("prod", "snapshots", 0, simdjson::minify(info));
    ASSERT_TRUE(facts.ok());
    EXPECT_TRUE(known.contains(std::string(facts->name) + " " + facts->identifier)) << facts->name;
  }
}

constexpr std::string_view kEnvironment =
    R"({"environment":{"name":"Dev B!","start_at":1793577600000,"end_at":"","plan_id":"p",)"
    R"("snapshots":[]},"statements":[]})";

std::string Message(std::string_view from, std::string_view to) {
  std::string json(kEnvironment);
  size_t at = json.find(from);
  EXPECT_NE(at, json.npos) << from;
  EnvironmentCodec codec;
  auto decoded = codec.Decode("dev", json.replace(at, from.size(), to));
  EXPECT_EQ(ReasonOf(decoded.status()), Reason::RECORD_INVALID);
  EXPECT_EQ(FactsOf(decoded.status())["environment"], "dev");
  return std::string(decoded.status().message());
}

TEST(EnvironmentCodec, Conversions) {
  EnvironmentCodec codec;
  auto decoded = codec.Decode("dev", kEnvironment);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->row.name, "dev_b_");
  EXPECT_EQ(decoded->row.start_at, "2026-11-02 00:00:00");
  EXPECT_EQ(decoded->row.end_at, std::nullopt);
  EXPECT_EQ(decoded->row.suffix_target, "schema");
  EXPECT_EQ(decoded->row.normalize_name, true);
  EXPECT_EQ(decoded->row.gateway_managed, false);
  EXPECT_EQ(decoded->row.requirements, "{}");
  EXPECT_EQ(decoded->statements_json, "");
  EXPECT_FALSE(decoded->has_promoted_snapshot_ids);
}

TEST(EnvironmentCodec, Refusals) {
  EXPECT_EQ(Message(R"("plan_id":"p")", R"("plan_id":"p","expiration_ts":"soon")"),
            "1 validation error for EnvironmentWithStatements\nenvironment.expiration_ts\n  Input "
            "should be a valid integer, unable to parse string as an integer [type=int_parsing, "
            "input_value='soon', input_type=str]");
  EXPECT_EQ(Message(R"("snapshots":[])", R"("snapshots":[5])"),
            "1 validation error for EnvironmentWithStatements\nenvironment.snapshots\n  Value "
            "error, Must be a list of SnapshotTableInfo dicts or objects [type=value_error, "
            "input_value=[5], input_type=list]");
  EXPECT_EQ(Message(R"(,"snapshots":[])", R"(,"suffix_target":"zz")"),
            "2 validation errors for EnvironmentWithStatements\nenvironment.suffix_target\n  Input "
            "should be 'schema', 'table' or 'catalog' [type=enum, input_value='zz', "
            "input_type=str]\nenvironment.snapshots\n  Field required [type=missing, "
            "input_value={'name': 'Dev B!', 'start..., 'suffix_target': 'zz'}, "
            "input_type=dict]");
  EXPECT_EQ(Message(R"("statements":[])", R"("statements":[{"before_all":[1],"after_all":"x",)"
                                          R"("python_env":{},"zz":1}])"),
            "2 validation errors for EnvironmentWithStatements\nstatements.0.before_all.0\n  Input "
            "should be a valid string [type=string_type, input_value=1, input_type=int]\n"
            "statements.0.after_all\n  Input should be a valid list [type=list_type, "
            "input_value='x', input_type=str]");
}

TEST(EnvironmentCodec, UnknownFields) {
  EnvironmentCodec codec;
  auto decoded = codec.Decode(
      "dev",
      R"({"environment":{"name":"dev","start_at":"2020-01-01","plan_id":"p","snapshots":[],)"
      R"("a":1},"b":2,"statements":[{"before_all":[],"after_all":[],"python_env":{},"c":3}]})");
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_NE(decoded->statements_json.find(R"("c":3)"), std::string::npos);
  EXPECT_EQ(decoded->unknown_fields.count, 1);
  EXPECT_EQ(decoded->unknown_fields.first, "statements.0.c");
  EXPECT_EQ(decoded->unstored_fields.count, 2);
  EXPECT_EQ(decoded->unstored_fields.first, "environment.a");

  ASSERT_TRUE(codec.ReadSnapshotId("dev", 0, R"({"name":"a","identifier":"5","d":4})").ok());
  EXPECT_EQ(codec.unknown_fields().first, "d");
  ASSERT_TRUE(codec.ReadSnapshotId("dev", 0, R"({"name":"a","identifier":"5"})").ok());
  EXPECT_FALSE(codec.unknown_fields().any());
}

TEST(EnvironmentCodec, WrongElementNamesItsPlace) {
  EnvironmentCodec codec;
  auto facts = codec.ReadTableInfo("dev", "snapshots", 3, R"({"name":"ghost"})");
  ASSERT_FALSE(facts.ok());
  EXPECT_EQ(ReasonOf(facts.status()), Reason::RECORD_INVALID);
  EXPECT_TRUE(std::string(facts.status().message())
                  .starts_with("environments.dev.environment.snapshots[3]: 5 validation errors for "
                               "SnapshotTableInfo\nfingerprint\n  Field required"))
      << facts.status();
  EXPECT_EQ(FactsOf(facts.status())["index"], "3");

  auto id = codec.ReadSnapshotId("dev", 1, R"({"name":"a","identifier":5})");
  EXPECT_EQ(ReasonOf(id.status()), Reason::RECORD_INVALID);
}

TEST(EnvironmentCodec, CorruptRequirements) {
  EnvironmentRow row;
  row.name = "dev";
  row.requirements = "[1]";
  std::string out = "{";
  EXPECT_EQ(ReasonOf(AppendEnvironmentTail(row, &out)), Reason::STATE_CORRUPT);
  row.requirements = "{";
  EXPECT_EQ(ReasonOf(AppendEnvironmentTail(row, &out)), Reason::STATE_CORRUPT);
}

}  // namespace
}  // namespace stateserver::state
