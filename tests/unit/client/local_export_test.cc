// export --local, with a stand-in for SQLMesh.
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

class LocalExportTest : public testing::Test {
 protected:
  LocalExportTest() { run.env["STATESERVER_SERVER"] = "127.0.0.1:1"; }

  // A program that is called as `python -c … -p DIR state export … -o FILE`.
  void Program(const std::string& body) {
    scratch.Write("python", "#!/bin/sh\nfor last; do :; done\n" + body + "\n");
    std::filesystem::permissions(scratch / "python", std::filesystem::perms::owner_all);
  }

  RunResult Export(std::vector<std::string> more = {}) {
    scratch.Write("out.json", "old");
    std::vector<std::string> arguments = {
        "export",    "--local",    "-y", "--python",          scratch / "python",
        "--project", "my project", "-o", scratch / "out.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  std::string corpus = std::string(TEST_DATA_DIR) + "/sqlmesh/0.236.4/export_local.json";
  Scratch scratch;
  Runner run;
};

TEST_F(LocalExportTest, PassesSqlmeshsFileOn) {
  Program("echo \"$@\" > " + (scratch / "arguments") + "; cp " + corpus + " \"$last\"");
  RunResult result = Export();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::ifstream in(corpus, std::ios::binary);
  std::ostringstream expected;
  expected << in.rdbuf();
  EXPECT_EQ(scratch.Read("out.json"), expected.str());
  EXPECT_NE(scratch.Read("arguments").find("-p my project state export --local --no-confirm -o "),
            std::string::npos);
  EXPECT_NE(result.err.find("[WARNING] Local state exports just contain the model versions in your "
                            "local context. Therefore, the resulting file cannot be imported.\n"),
            std::string::npos);
  EXPECT_NE(result.err.find("Exporting environments "), std::string::npos);
  EXPECT_NE(Export({"--format", "json"}).out.find("\"local\":true,\"gateway\":null"),
            std::string::npos);
}

TEST_F(LocalExportTest, SqlmeshFails) {
  Program("echo 'Error: no models here' >&2; exit 1");
  RunResult result = Export();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("Error: no models here\n"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("Error: SQLMesh ended with exit code 1.\n"), std::string::npos);
  EXPECT_EQ(scratch.Read("out.json"), "old");
}

TEST_F(LocalExportTest, HalfAFileIsNotPassedOn) {
  Program("head -c 5000 " + corpus + " > \"$last\"");
  RunResult result = Export();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(scratch.Read("out.json"), "old");
}

TEST_F(LocalExportTest, NoSqlmesh) {
  RunResult result = Export();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("Error: Cannot run SQLMesh: '"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("No such file or directory"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace stateserver::client
