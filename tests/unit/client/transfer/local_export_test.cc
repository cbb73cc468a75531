// SPDX-License-Identifier: Apache-2.0
//
// export --local, with a stand-in for the Python that has SQLMesh.
#include "simdjson.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

constexpr char kVersions[] = R"("sqlmesh":"0.236.4","sqlglot":"30.8.0","schema":102)";

class LocalExportTest : public testing::Test {
 protected:
  LocalExportTest() { run.env["STATESERVER_SERVER"] = server.address(); }

  static std::string Hello(const std::string& versions = kVersions) {
    return R"({"hello":"stateserver-worker","protocol":1,"role":"local","python":"3.11",)" +
           versions + "}\n";
  }

  // The snapshots of the corpus as a worker sends them.
  std::string Snapshots(const std::string& end = R"({"end":{"snapshots":27}})") const {
    simdjson::dom::parser parser;
    std::string lines = "{\"begin\":{\"snapshots\":27}}\n";
    for (simdjson::dom::element snapshot : parser.load(corpus)["snapshots"].get_array()) {
      lines += "{\"snapshot\":" + simdjson::minify(snapshot) + "}\n";
    }
    return lines + end + "\n";
  }

  // A program that is called as `python -m stateserver_workers local --project DIR`.
  void Program(const std::string& lines, const std::string& body = "") {
    scratch.Write("lines", lines);
    scratch.Write("python", "#!/bin/sh\necho \"$@\" > " + (scratch / "arguments") + "\ncat " +
                                (scratch / "lines") + "\n" + body + "\n");
    std::filesystem::permissions(scratch / "python", std::filesystem::perms::owner_all);
  }

  RunResult ExportLocally(std::vector<std::string> more = {}) {
    scratch.Write("out.json", "old");
    std::vector<std::string> arguments = {
        "export",    "--local",    "-y", "--python",          scratch / "python",
        "--project", "my project", "-o", scratch / "out.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  // Exits with 1, says `sentence`, and leaves the file as it was.
  void ExpectRefused(const std::string& sentence) {
    RunResult result = ExportLocally();
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_NE(result.err.find(sentence), std::string::npos) << result.err;
    EXPECT_EQ(scratch.Read("out.json"), "old");
  }

  std::string corpus = std::string(TEST_DATA_DIR) + "/sqlmesh/" NEWEST_CORPUS "/export_local.json";
  FakeServer server;
  Scratch scratch;
  Runner run;
};

// The text from `key` on: the timestamp before it is that of the export.
std::string From(const std::string& text, const std::string& key) {
  size_t at = text.find(key);
  return at == std::string::npos ? "no " + key : text.substr(at);
}

TEST_F(LocalExportTest, WritesWhatSqlmeshWrites) {
  Program(Hello() + Snapshots());
  RunResult result = ExportLocally();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::ifstream in(corpus, std::ios::binary);
  std::ostringstream expected;
  expected << in.rdbuf();
  EXPECT_EQ(From(scratch.Read("out.json"), "\"file_version\""),
            From(expected.str(), "\"file_version\""));
  EXPECT_EQ(scratch.Read("arguments"), "-m stateserver_workers local --project my project\n");
  EXPECT_NE(result.err.find("[WARNING] Local state exports just contain the model versions in your "
                            "local context. Therefore, the resulting file cannot be imported.\n"),
            std::string::npos);
  EXPECT_NE(result.err.find("Exporting environments "), std::string::npos);
  EXPECT_NE(ExportLocally({"--format", "json"}).out.find("\"local\":true,\"gateway\":\"local\""),
            std::string::npos);
}

TEST_F(LocalExportTest, SaysWhatTheWorkerSays) {
  Program("{\"fatal\":\"SQLMesh is not installed for /x/python: install it there\"}\n", "exit 1");
  ExpectRefused("Error: SQLMesh is not installed for /x/python: install it there.\n");
}

TEST_F(LocalExportTest, SaysHowTheWorkerEnded) {
  Program(Hello(), "echo 'no models here' >&2; exit 3");
  ExpectRefused("Error: SQLMesh's Python exited with code 3: no models here\n");
}

TEST_F(LocalExportTest, HalfTheSnapshotsAreNoExport) {
  Program(Hello() + Snapshots(R"({"end":{"snapshots":26}})"));
  ExpectRefused("sent an invalid answer");
  Program(Hello() + Snapshots().substr(0, 50000));
  ExpectRefused("Error: SQLMesh's ");
}

TEST_F(LocalExportTest, AnotherReleaseThanTheGateways) {
  Program(Hello(R"("sqlmesh":"0.235.1","sqlglot":"30.8.0","schema":102)") + Snapshots());
  ExpectRefused(
      "SQLMesh (local) is using version '0.235.1' and the state of the gateway '0.236.4'");
  Program(Hello(R"("sqlmesh":"0.236.1","sqlglot":"30.8.0","schema":101)") + Snapshots());
  ExpectRefused("SQLMesh's schema (local) is using version '101'");
}

TEST_F(LocalExportTest, NoSuchPython) {
  ExpectRefused("Error: Cannot run SQLMesh: '");
  EXPECT_NE(ExportLocally().err.find("No such file or directory"), std::string::npos);
}

TEST_F(LocalExportTest, NoServer) {
  Program(Hello() + Snapshots());
  run.env["STATESERVER_SERVER"] = "127.0.0.1:1";
  EXPECT_EQ(ExportLocally().exit_code, 3);
  EXPECT_EQ(scratch.Read("arguments"), "");
}

}  // namespace
}  // namespace stateserver::client
