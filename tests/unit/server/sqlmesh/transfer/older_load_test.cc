// SPDX-License-Identifier: Apache-2.0
//
// State files of older releases: loaded into that release's tables and read
// again they are the same files.
#include "server/sqlmesh/transfer/older_load.h"

#include <algorithm>
#include <set>

#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/exporter.h"
#include "tests/unit/server/platform/postgres/helpers.h"
#include "tests/unit/server/sqlmesh/records/codec_corpus.h"

namespace stateserver::transfer {
namespace {

using simdjson::dom::element;
using state::testing::CorpusPath;
using state::testing::TextDifference;

// Keeps every record whole.
class Records : public ExportSink {
 public:
  absl::Status Header(const ExportHeader& header) override {
    versions = header.versions;
    return absl::OkStatus();
  }
  absl::Status Part(const RecordPart& part) override {
    pending_.append(part.json);
    if (part.continued) return absl::OkStatus();
    auto& section = part.section == Section::kSnapshots ? snapshots : environments;
    section[Key(part)] = std::exchange(pending_, {});
    return absl::OkStatus();
  }

  store::Versions versions;
  std::map<std::string, std::string> snapshots, environments;

 private:
  static std::string Key(const RecordPart& part) {
    return std::string(part.name) + " " + std::string(part.identifier);
  }
  std::string pending_;
};

class OlderLoadTest : public postgres::DatabaseTest {
 protected:
  void Start(const store::Versions& versions) {
    versions_ = versions;
    session_ = Acquire();
    ASSERT_OK(session_->Begin(postgres::Isolation::kReadCommitted));
    ASSERT_OK(store::CreateState(*session_, "scratch", versions));
    load_ =
        std::make_unique<OlderLoad>(*session_, "scratch", versions.schema_version, 1790000000000);
  }

  // In parts of `part_bytes`.
  absl::Status Send(Section section, const std::string& name, std::string_view json,
                    size_t part_bytes = kMaxPartBytes) {
    checksum_.Update(json);
    checksum_.Update("\n");
    (section == Section::kSnapshots ? totals_.snapshots : totals_.environments) += 1;
    do {
      RecordPart part;
      part.section = section;
      part.name = name;
      part.json = json.substr(0, part_bytes);
      json.remove_prefix(part.json.size());
      part.continued = !json.empty();
      RETURN_IF_ERROR(load_->Part(part));
    } while (!json.empty());
    return absl::OkStatus();
  }

  absl::Status Finish() {
    totals_.checksum = checksum_.FinishHex();
    return load_->Finish(totals_);
  }

  absl::Status Export(Records* records) {
    ExportOptions options;
    options.schema = "scratch";
    return ExportInTransaction(*session_, options, versions_, *records).status();
  }

  store::Versions versions_;
  std::unique_ptr<postgres::Session> session_;
  std::unique_ptr<OlderLoad> load_;
  SentTotals totals_;
  Sha256 checksum_;
};

struct Release {
  std::string name;
  int schema;
  std::string sqlglot;
};

std::ostream& operator<<(std::ostream& out, const Release& r) { return out << r.name; }

class EveryRelease : public OlderLoadTest, public ::testing::WithParamInterface<Release> {};

// The members of the record's `environment`, each as text, in an order of their own.
std::vector<std::string> Sorted(const std::string& json) {
  simdjson::dom::parser parser;
  element record;
  std::vector<std::string> out;
  if (parser.parse(json).get(record) != simdjson::SUCCESS) return {"no JSON"};
  for (auto [name, value] : state::AsObject(record["environment"])) {
    out.push_back(std::string(name) + "=");
    state::AppendValue(value, &out.back());
  }
  out.emplace_back("statements=");
  state::AppendValue(record["statements"], &out.back());
  std::sort(out.begin(), out.end());
  return out;
}

std::string IdentifierOf(element snapshot) {
  state::Fingerprint fingerprint;
  return state::ReadFingerprint(snapshot["fingerprint"], &fingerprint) ? fingerprint.Identifier()
                                                                       : "";
}

TEST_P(EveryRelease, IsReadAsItWas) {
  const Release& release = GetParam();
  Start({release.schema, release.sqlglot, release.name});
  simdjson::dom::parser parser;
  element document;
  ASSERT_EQ(parser.load(CorpusPath(release.name + "/export_all.json")).get(document),
            simdjson::SUCCESS);
  std::map<std::string, std::string> snapshots, environments;
  for (element snapshot : state::AsArray(document["snapshots"])) {
    std::string json;
    state::AppendValue(snapshot, &json);
    std::string name(snapshot["name"].get_string().value());
    snapshots[name + " " + IdentifierOf(snapshot)] = json;
    ASSERT_OK(Send(Section::kSnapshots, "", json, snapshots.size() % 2 == 0 ? 1000 : 100000));
  }
  for (auto [name, environment] : state::AsObject(document["environments"])) {
    std::string json;
    state::AppendValue(environment, &json);
    environments[std::string(name) + " "] = json;
    ASSERT_OK(Send(Section::kEnvironments, std::string(name), json, 5000));
  }
  ASSERT_OK(Finish());
  EXPECT_EQ(load_->counts().snapshots, static_cast<int64_t>(snapshots.size()));

  Records records;
  ASSERT_OK(Export(&records));
  EXPECT_EQ(records.versions, versions_);
  ASSERT_EQ(records.snapshots.size(), snapshots.size());
  for (const auto& [key, json] : snapshots) {
    EXPECT_EQ("", TextDifference(records.snapshots[key], json)) << key;
  }
  ASSERT_EQ(records.environments.size(), environments.size());
  for (const auto& [key, json] : environments) {
    // Releases differ in the order of an environment's keys.
    EXPECT_EQ(Sorted(json), Sorted(records.environments[key])) << key;
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, EveryRelease,
                         ::testing::Values(Release{"0.176.0", 80, "26.16.4"},
                                           Release{"0.200.0", 84, "27.0.1"},
                                           Release{"0.213.0", 93, "27.9.0"},
                                           Release{"0.231.1", 100, "28.10.1"}));

constexpr char kSnapshot[] =
    R"({"name":"\"a\".\"b\"","fingerprint":{"data_hash":"1","metadata_hash":"2"},)"
    R"("node":{"source_type":"sql","kind":{"name":"VIEW"}},"parents":[],"intervals":[[0,86400000]],)"
    R"("dev_intervals":[],"created_ts":1,"updated_ts":2,"ttl":"in 1 week","version":"3",)"
    R"("next_auto_restatement_ts":7,"forward_only":true})";

TEST_F(OlderLoadTest, ForwardOnlyMovesIntoItsColumnWithSchema90) {
  for (int schema : {89, 90}) {
    state::SnapshotCodec codec;
    auto snapshot = codec.DecodeOlder(kSnapshot, schema);
    ASSERT_OK(snapshot.status());
    EXPECT_EQ(schema == 89, snapshot->stored_json.find("forward_only") != std::string::npos);
    EXPECT_EQ(schema == 90, snapshot->forward_only);
    EXPECT_EQ(snapshot->stored_json.find("intervals"), std::string::npos);
    EXPECT_EQ(snapshot->ttl_ms, 604800000);
    EXPECT_EQ(snapshot->kind_name, "VIEW");
  }
}

TEST_F(OlderLoadTest, ASnapshotWithoutAMember) {
  simdjson::dom::parser parser;
  simdjson::dom::object members = parser.parse(std::string_view(kSnapshot)).get_object();
  const std::set<std::string_view> required = {"name", "fingerprint", "node", "updated_ts", "ttl"};
  for (auto [missing, unused] : members) {
    std::string rest = "{";
    for (auto [key, value] : members) {
      if (key == missing) continue;
      rest += Cat(rest.size() > 1 ? "," : "", "\"", key, "\":", simdjson::minify(value));
    }
    rest += "}";
    state::SnapshotCodec codec;
    auto snapshot = codec.DecodeOlder(rest, 80);
    EXPECT_EQ(!snapshot.ok(), required.contains(missing)) << missing << snapshot.status();
    if (!snapshot.ok()) {
      EXPECT_EQ(ReasonOf(snapshot.status()), Reason::RECORD_INVALID);
      EXPECT_NE(MessageOf(snapshot.status()).find(missing), std::string_view::npos)
          << snapshot.status();
    }
  }
}

TEST_F(OlderLoadTest, HydratedSeedsAreStoredWithoutTheirContent) {
  state::SnapshotCodec codec;
  std::string seed(kSnapshot);
  std::string node = R"({"source_type":"sql","kind":{"name":"VIEW"}})";
  seed.replace(seed.find(node), node.size(),
               R"({"source_type":"seed","kind":{"name":"SEED"},"columns":{"id":"INT"},)"
               R"("seed":{"content":"id\n1\n2\n"},"is_hydrated":true})");
  auto snapshot = codec.DecodeOlder(seed, 80);
  ASSERT_OK(snapshot.status());
  EXPECT_FALSE(snapshot->seed_kept_hydrated) << snapshot->seed_kept_reason;
  EXPECT_NE(
      snapshot->stored_json.find(R"("seed":{"content":""},"is_hydrated":false,"column_hashes")"),
      std::string::npos)
      << snapshot->stored_json;
}

TEST_F(OlderLoadTest, SnapshotsOfOneVersionShareTheirRestatement) {
  Start({80, "26.16.4", "0.176.0"});
  ASSERT_OK(Send(Section::kSnapshots, "", kSnapshot));
  std::string other(kSnapshot);
  other.replace(other.find(R"("metadata_hash":"2")"), 19, R"("metadata_hash":"9")");
  ASSERT_OK(Send(Section::kSnapshots, "", other));
  ASSERT_OK(Finish());
  auto rows = session_->Query("SELECT count(*) FROM scratch._auto_restatements");
  ASSERT_OK(rows.status());
  EXPECT_EQ(rows->Int(0, 0), 1);
}

TEST_F(OlderLoadTest, RefusesWhatNoExportWrites) {
  Start({80, "26.16.4", "0.176.0"});
  ASSERT_OK(Send(Section::kSnapshots, "", kSnapshot));
  EXPECT_REASON(RECORD_DUPLICATE, Send(Section::kSnapshots, "", kSnapshot));
  EXPECT_REASON(RECORD_INVALID, Send(Section::kSnapshots, "", R"({"name":"x"})"));
  absl::Status status =
      Send(Section::kEnvironments, "prod", R"({"environment":{"plan_id":"p","start_at":"1"}})");
  EXPECT_REASON(RECORD_INVALID, status);
  EXPECT_NE(MessageOf(status).find("environments.prod.environment.snapshots"), std::string::npos);
  EXPECT_REASON(CHECKSUM_MISMATCH, load_->Finish({1, 0, "00"}));
}

}  // namespace
}  // namespace stateserver::transfer
