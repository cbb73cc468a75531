// SPDX-License-Identifier: Apache-2.0
//
// The text of SQLMesh's transcripts, line by line, from the same exchanges.
#include <regex>

#include "common/sha256.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

std::string Transcript(const std::string& name) {
  std::ifstream in(std::string(TEST_DATA_DIR) + "/sqlmesh/transcripts/" + name + ".txt");
  std::ostringstream text;
  text << in.rdbuf();
  std::string all = text.str();
  // Without the command line, what was typed, and what follows the exit code.
  all = all.substr(all.find('\n') + 1);
  if (all.starts_with("#")) all = all.substr(all.find('\n') + 1);
  return all.substr(0, all.find("exit code:"));
}

// Elapsed times differ; the line that names the operation and the report of the
// tables are ours.
std::string Comparable(std::string text) {
  text = std::regex_replace(text, std::regex("• \\d:\\d\\d:\\d\\d"), "• T");
  text = std::regex_replace(text, std::regex("Operation: [0-9a-f-]{36}\n"), "");
  size_t report = text.find("\nTABLE ");
  return report == std::string::npos ? text : text.substr(0, report + 1);
}

class TranscriptTest : public testing::Test {
 protected:
  TranscriptTest() {
    run.env["STATESERVER_SERVER"] = server.address();
    std::filesystem::current_path(scratch.path());
  }
  ~TranscriptTest() override { std::filesystem::current_path("/"); }

  // An export of so many records.
  void Serve(int64_t snapshots, int64_t environments) {
    server.on_export = [=](auto*, const auto&, auto* writer) {
      CannedExport canned = MakeExport();
      auto* counts = canned.messages[0].mutable_header()->mutable_counts();
      counts->set_snapshots(snapshots);
      counts->set_environments(environments);
      canned.messages.erase(canned.messages.begin() + 1, canned.messages.end() - 1);
      pb::ExportResponse batch;
      std::string text;
      for (int64_t i = 0; i < snapshots + environments; ++i) {
        auto* record = batch.mutable_records()->add_records();
        record->set_section(i < snapshots ? pb::SECTION_SNAPSHOTS : pb::SECTION_ENVIRONMENTS);
        record->set_name(std::to_string(i));
        record->set_json("{}");
        text += "{}\n";
      }
      canned.messages.insert(canned.messages.begin() + 1, batch);
      auto* trailer = canned.messages.back().mutable_trailer();
      *trailer->mutable_counts() = *counts;
      trailer->set_checksum(Sha256::Hex(text));
      SendAll(canned, writer);
      return grpc::Status::OK;
    };
  }

  void Corpus(const std::string& from, const std::string& to) {
    std::filesystem::copy_file(std::string(TEST_DATA_DIR) + "/sqlmesh/" NEWEST_CORPUS "/" + from,
                               to);
  }

  FakeServer server;
  Scratch scratch;
  Runner run;
};

TEST_F(TranscriptTest, Export) {
  Serve(73, 8);
  EXPECT_EQ(Comparable(run({"export", "--no-confirm", "-o", "out.json"}).err),
            Comparable(Transcript("export_all")));
  run.input = "y\n";
  EXPECT_EQ(Comparable(run({"export", "-o", "out.json"}).err),
            Comparable(Transcript("export_confirm_y")));
  Serve(0, 0);
  std::string empty = Transcript("export_empty_db");
  EXPECT_EQ(Comparable(run({"export", "--no-confirm", "-o", "o.json"}).err),
            Comparable(empty.substr(empty.find('\n') + 1)));
  Serve(47, 2);
  EXPECT_EQ(Comparable(run({"export", "--no-confirm", "--environment", "dev_b", "--environment",
                            "dev_a", "-o", "out.json"})
                           .err),
            Comparable(Transcript("export_two_envs")));
}

TEST_F(TranscriptTest, ExportDeclined) {
  run.input = "n\n";
  EXPECT_EQ(run({"export", "-o", "out2.json"}).err, Transcript("export_confirm_n"));
  run.input = "";
  EXPECT_EQ(run({"export", "-o", "out3.json"}).err, Transcript("export_no_stdin"));
}

TEST_F(TranscriptTest, Import) {
  Corpus("export_all.json", "all.json");
  Corpus("export_env_dev_b.json", "dev_b.json");
  run.input = "y\n";
  auto dated = [](std::string text) {
    return std::regex_replace(text, std::regex("Creation Timestamp: .*\n"), "Timestamp\n");
  };
  EXPECT_EQ(dated(Comparable(run({"import", "-i", "all.json"}).err)),
            dated(Comparable(Transcript("import_merge_y"))));
  EXPECT_EQ(dated(Comparable(run({"import", "--replace", "-i", "dev_b.json"}).err)),
            dated(Comparable(Transcript("import_replace_y"))));
  EXPECT_EQ(dated(Comparable(run({"import", "--no-confirm", "-i", "dev_b.json"}).err)),
            dated(Comparable(Transcript("import_env_merge"))));
  run.input = "n\n";
  EXPECT_EQ(run({"import", "-i", "all.json"}).err, Transcript("import_merge_n"));
  EXPECT_EQ(run({"import", "--replace", "-i", "dev_b.json"}).err, Transcript("import_replace_n"));
}

}  // namespace
}  // namespace stateserver::client
