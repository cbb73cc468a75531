// SPDX-License-Identifier: Apache-2.0
//
// Every record SQLMesh exported from the corpus, decoded.
#include <gtest/gtest.h>

#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "tests/unit/server/sqlmesh/records/codec_corpus.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;
using testing::Boolean;
using testing::Number;
using testing::Row;

constexpr std::string_view kVolatile[] = {
    "forward_only", "intervals",   "dev_intervals", "pending_restatement_intervals",
    "updated_ts",   "unpaused_ts", "unrestorable",  "next_auto_restatement_ts"};

std::string WithoutVolatile(element record) {
  std::string out = "{";
  for (auto [key, value] : AsObject(record)) {
    if (std::find(std::begin(kVolatile), std::end(kVolatile), key) != std::end(kVolatile)) continue;
    if (out.size() > 1) out.push_back(',');
    AppendString(key, &out);
    out.push_back(':');
    AppendValue(value, &out);
  }
  return out + "}";
}

class ImportCorpus : public ::testing::TestWithParam<std::string> {};

// An export of the newest release is what its import stores, but for the
// volatile fields; the columns equal those of the rows it was exported from.
TEST_P(ImportCorpus, StoresTheRecord) {
  SnapshotCodec codec;
  std::map<std::string, Row> rows;
  bool before = GetParam() == NEWEST_CORPUS "/export_all.json";
  std::string dump = GetParam().substr(0, GetParam().find('/'));
  dump.append(before ? "/state_before.sql" : "/state_after.sql");
  for (Row& row : testing::DumpRows(dump, "_snapshots")) {
    rows[*row["name"] + " " + *row["identifier"]] = row;
  }
  simdjson::dom::parser parser;
  element document = parser.load(testing::CorpusPath(GetParam()));
  for (element record : AsArray(document["snapshots"])) {
    auto decoded = codec.Decode(simdjson::minify(record));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(testing::TextDifference(decoded->stored_json, WithoutVolatile(record)), "")
        << decoded->name;
    Row& row = rows[decoded->name + " " + decoded->identifier];
    ASSERT_FALSE(row.empty()) << decoded->name;
    EXPECT_EQ(decoded->version, *row["version"]);
    EXPECT_EQ(decoded->kind_name, row["kind_name"]);
    EXPECT_EQ(decoded->dev_version, *row["dev_version"]);
    EXPECT_EQ(testing::TextDifference(decoded->fingerprint_json, *row["fingerprint"]), "");
    EXPECT_EQ(decoded->updated_ts, Number(row["updated_ts"]));
    EXPECT_EQ(decoded->unpaused_ts, Number(row["unpaused_ts"]));
    EXPECT_EQ(decoded->unrestorable, *Boolean(row["unrestorable"]));
    EXPECT_EQ(decoded->forward_only, *Boolean(row["forward_only"]));
    EXPECT_NEAR(decoded->ttl_ms, *Number(row["ttl_ms"]), 1);
    size_t count = 0;
    for (element pair : AsArray(record["intervals"])) {
      ASSERT_LT(count, decoded->intervals.size());
      EXPECT_EQ(decoded->intervals[count].start, pair.at(0).get_int64().value());
      EXPECT_EQ(decoded->intervals[count++].end, pair.at(1).get_int64().value());
    }
    EXPECT_EQ(decoded->intervals.size(), count);
    EXPECT_FALSE(decoded->seed_kept_hydrated);
  }
}

INSTANTIATE_TEST_SUITE_P(Exports, ImportCorpus,
                         ::testing::Values(NEWEST_CORPUS "/export_all.json",
                                           "0.231.1/export_after.json", "0.213.0/export_after.json",
                                           "0.176.0/export_after.json",
                                           "0.137.1/export_after.json"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) {
                             if (!isalnum(static_cast<unsigned char>(c))) c = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace stateserver::state
