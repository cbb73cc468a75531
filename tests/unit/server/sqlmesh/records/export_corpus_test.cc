// SPDX-License-Identifier: Apache-2.0
//
// Every snapshot that SQLMesh exported from the corpus, encoded from its row.
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

struct Case {
  std::string dump, exported;
  int schema_version;
  std::string sqlglot_version = "30.8";
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.exported; }

Intervals ReadIntervals(element value) {
  Intervals intervals;
  for (element pair : AsArray(value)) {
    intervals.push_back({pair.at(0).get_int64().value(), pair.at(1).get_int64().value()});
  }
  return intervals;
}

std::optional<int64_t> ReadNumber(element record, const char* name) {
  int64_t number;
  if (record[name].get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

class ExportCorpus : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    for (Row& row : testing::DumpRows(GetParam().dump, "_snapshots")) {
      rows_[*row["name"] + " " + *row["identifier"]] = row;
    }
    for (Row& row : testing::DumpRows(GetParam().dump, "_auto_restatements")) {
      restatements_[*row["snapshot_name"] + " " + *row["snapshot_version"]] =
          Number(row["next_auto_restatement_ts"]);
    }
    document_ = parser_.load(testing::CorpusPath(GetParam().exported));
    codec_.set_sqlglot_version(GetParam().sqlglot_version);
  }

  // Columns from the row; what is assigned from intervals from the record.
  SnapshotOverlay Overlay(Row& row, element record) {
    SnapshotOverlay overlay;
    overlay.updated_ts = Number(row["updated_ts"]);
    overlay.unpaused_ts = Number(row["unpaused_ts"]);
    overlay.unrestorable = Boolean(row["unrestorable"]);
    overlay.forward_only = Boolean(row["forward_only"]);
    auto found = restatements_.find(*row["name"] + " " + *row["version"]);
    if (found != restatements_.end()) overlay.next_auto_restatement_ts = found->second;
    overlay.intervals = ReadIntervals(record["intervals"]);
    overlay.dev_intervals = ReadIntervals(record["dev_intervals"]);
    overlay.pending_restatement_intervals = ReadIntervals(record["pending_restatement_intervals"]);
    overlay.last_altered_ts = ReadNumber(record, "last_altered_ts");
    overlay.dev_last_altered_ts = ReadNumber(record, "dev_last_altered_ts");
    return overlay;
  }

  std::map<std::string, Row> rows_;
  std::map<std::string, std::optional<int64_t>> restatements_;
  simdjson::dom::parser parser_;
  element document_;
  SnapshotCodec codec_;
};

TEST_P(ExportCorpus, EqualsSqlMeshsExport) {
  size_t count = 0;
  for (element record : AsArray(document_["snapshots"])) {
    Fingerprint fingerprint;
    ASSERT_TRUE(ReadFingerprint(record["fingerprint"], &fingerprint));
    std::string name(record["name"].get_string().value());
    Row& row = rows_[name + " " + fingerprint.Identifier()];
    ASSERT_FALSE(row.empty()) << name << ": no row with the identifier of its fingerprint";

    ASSERT_TRUE(codec_.Parse(*row["snapshot"]).ok());
    auto facts = codec_.Facts();
    ASSERT_TRUE(facts.ok()) << facts.status();
    EXPECT_EQ(facts->identifier, *row["identifier"]);
    EXPECT_EQ(facts->version, *row["version"]);
    EXPECT_EQ(facts->kind_name, row["kind_name"].value_or(""));

    std::string out;
    EncodeNotes notes;
    ASSERT_TRUE(
        codec_.AppendExport(Overlay(row, record), GetParam().schema_version, &out, &notes).ok());
    EXPECT_FALSE(notes.any()) << name;
    EXPECT_EQ(testing::TextDifference(out, simdjson::minify(record)), "") << name;
    ++count;
  }
  EXPECT_GE(count, 49u);
}

INSTANTIATE_TEST_SUITE_P(
    Releases, ExportCorpus,
    ::testing::Values(
        Case{NEWEST_CORPUS "/state_before.sql", NEWEST_CORPUS "/export_all.json", 102},
        Case{NEWEST_CORPUS "/state_after.sql", NEWEST_CORPUS "/export_after.json", 102},
        Case{"0.231.1/state_after.sql", "0.231.1/export_after.json", 102},
        Case{"0.213.0/state_after.sql", "0.213.0/export_after.json", 102},
        Case{"0.200.0/state_after.sql", "0.200.0/export_after.json", 102},
        Case{"0.176.0/state_after.sql", "0.176.0/export_after.json", 102},
        Case{"0.163.0/state_after.sql", "0.163.0/export_after.json", 102},
        Case{"0.150.0/state_after.sql", "0.150.0/export_after.json", 102},
        Case{"0.137.1/state_after.sql", "0.137.1/export_after.json", 102},
        Case{"0.231.1/state_before.sql", "0.231.1/export_all.json", 100, "28.10"},
        Case{"0.213.0/state_before.sql", "0.213.0/export_all.json", 93, "27.9"},
        Case{"0.200.0/state_before.sql", "0.200.0/export_all.json", 84, "27.0"},
        Case{"0.176.0/state_before.sql", "0.176.0/export_all.json", 80, "26.16"}),
    [](const auto& info) {
      std::string name = info.param.exported;
      for (char& c : name) {
        if (!isalnum(static_cast<unsigned char>(c))) c = '_';
      }
      return name;
    });

// Outside of the node, the text of an older state stays as that release wrote it.
TEST(ExportOldSchemas, KeepStoredContent) {
  SnapshotCodec codec;
  for (Row& row : testing::DumpRows("0.176.0/state_before.sql", "_snapshots")) {
    ASSERT_TRUE(codec.Parse(*row["snapshot"]).ok());
    std::string out;
    EncodeNotes notes;
    SnapshotOverlay overlay;
    overlay.updated_ts = 1;
    ASSERT_TRUE(codec.AppendExport(overlay, 80, &out, &notes).ok());
    simdjson::dom::parser first, second;
    element stored = first.parse(*row["snapshot"]);
    element exported = second.parse(out);
    for (auto [key, value] : AsObject(stored)) {
      if (key == "node") continue;
      EXPECT_EQ(simdjson::minify(value), simdjson::minify(exported[key].value())) << key;
    }
    EXPECT_EQ(exported["forward_only"].error(), simdjson::NO_SUCH_FIELD);
    EXPECT_EQ(exported["last_altered_ts"].error(), simdjson::NO_SUCH_FIELD);
  }
}

}  // namespace
}  // namespace stateserver::state
