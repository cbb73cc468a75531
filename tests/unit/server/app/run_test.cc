// SPDX-License-Identifier: Apache-2.0

#include "server/app/run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/support/postgres_cluster.h"
#include "tests/unit/server/app/test_wiring.h"

namespace stateserver::app {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class RunTest : public ::testing::Test {
 protected:
  RunTest() {
    std::string name = ::testing::TempDir() + "runXXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~RunTest() override {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    std::filesystem::remove_all(folder_);
  }

  // As a scalar in single quotes.
  static std::string Quoted(const std::string& text) {
    std::string out = "'";
    for (char c : text) out.append(c == '\'' ? "''" : std::string(1, c));
    return out + "'";
  }

  void WriteConfig(const std::string& gateway, const std::string& rest = "") {
    const auto& cluster = stateserver::testing::PostgresCluster::Shared();
    std::ofstream(folder_ / "s.yaml")
        << "listen: 127.0.0.1:0\nmetrics_listen: 127.0.0.1:0\n"
        << rest << "gateways:\n  " << gateway
        << ":\n    state_connection: {type: postgres, host: 127.0.0.1, port: " << cluster.port()
        << ", user: postgres, password: " << Quoted(cluster.password())
        << ", database: postgres}\n";
  }

  void Spawn(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"/proc/self/exe", "--as-server"});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::string out = (folder_ / "out").string();
    std::string err = (folder_ / "err").string();
    pid_ = fork();
    if (pid_ == 0) {
      dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
      dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
  }

  void SpawnAndWaitReady() {
    Spawn({"--config", (folder_ / "s.yaml").string()});
    ASSERT_TRUE(Eventually([&] { return Read("out").find('\n') != std::string::npos; }))
        << Read("err");
    std::string line = Read("out");
    size_t at = line.find("127.0.0.1:");
    stub_ = v1::StateService::NewStub(grpc::CreateChannel(line.substr(at, line.find(',', at) - at),
                                                          grpc::InsecureChannelCredentials()));
  }

  int WaitExit() {
    int status = -1;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::string Read(const std::string& file) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / file).rdbuf();
    return text.str();
  }

  std::string GatewayName() {
    grpc::ClientContext context;
    v1::GetVersionsResponse response;
    grpc::Status status = stub_->GetVersions(&context, v1::GetVersionsRequest(), &response);
    return status.ok() ? response.gateway() : status.error_message();
  }

  std::filesystem::path folder_;
  pid_t pid_ = -1;
  std::unique_ptr<v1::StateService::Stub> stub_;
};

TEST_F(RunTest, PrintsOneLineServesAndStopsOnSigterm) {
  WriteConfig("prod");
  SpawnAndWaitReady();
  EXPECT_THAT(Read("out"), MatchesRegex("stateserver .* listening on 127.0.0.1:[0-9]+, metrics on "
                                        "127.0.0.1:[0-9]+, gateways: prod .default.\n"));
  EXPECT_EQ(GatewayName(), "prod");
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitExit(), 0);
  EXPECT_THAT(Read("err"), HasSubstr("method=GetVersions code=OK"));
}

TEST_F(RunTest, AJsonLogIsJsonFromTheFirstLineOn) {
  WriteConfig("prod", "log: {format: json, level: error}\n");
  SpawnAndWaitReady();
  EXPECT_THAT(Read("out"),
              MatchesRegex("\\{\"ts\":\"[^\"]*\",\"level\":\"info\",\"msg\":\"stateserver "
                           ".* listening on [^\"]*\"\\}\n"));
  EXPECT_THAT(GatewayName(), "prod");
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitExit(), 0);
  EXPECT_EQ(Read("err"), "");
}

TEST_F(RunTest, SighupReloadsAndABadFileIsRefused) {
  WriteConfig("prod");
  SpawnAndWaitReady();
  WriteConfig("other", "listen_: nonsense\n");
  kill(pid_, SIGHUP);
  EXPECT_TRUE(Eventually([&] { return Read("err").find("Reload failed") != std::string::npos; }));
  EXPECT_THAT(Read("err"), HasSubstr("listen_"));
  EXPECT_EQ(GatewayName(), "prod");
  WriteConfig("other");
  kill(pid_, SIGHUP);
  EXPECT_TRUE(Eventually([&] { return GatewayName() == "other"; })) << Read("err");
  kill(pid_, SIGINT);
  EXPECT_EQ(WaitExit(), 0);
}

TEST_F(RunTest, ASecondSignalEndsTheGrace) {
  WriteConfig("prod", "limits: {shutdown_grace: 10m}\n");
  SpawnAndWaitReady();
  grpc::ClientContext context;
  auto reader = stub_->Export(&context, v1::ExportRequest());
  v1::ExportResponse begun;
  ASSERT_TRUE(reader->Read(&begun));
  kill(pid_, SIGTERM);
  EXPECT_TRUE(Eventually([&] { return Read("err").find("Stopping") != std::string::npos; }));
  kill(pid_, SIGTERM);
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(WaitExit(), 0);
}

TEST_F(RunTest, ExitCodesOfWhatDoesNotServe) {
  Spawn({"--nonsense"});
  EXPECT_EQ(WaitExit(), 2);
  Spawn({"--version"});
  EXPECT_EQ(WaitExit(), 0);
  EXPECT_THAT(Read("out"), MatchesRegex("stateserver [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  Spawn({"--config", "/nonexistent.yaml"});
  EXPECT_EQ(WaitExit(), 1);
  EXPECT_THAT(Read("err"), HasSubstr("/nonexistent.yaml"));
  WriteConfig("prod");
  Spawn({"--config", (folder_ / "s.yaml").string(), "--check-config"});
  EXPECT_EQ(WaitExit(), 0);
  EXPECT_THAT(Read("out"), HasSubstr("prod"));
  Spawn({"--config", (folder_ / "s.yaml").string(), "--listen", "203.0.113.7:7433"});
  EXPECT_EQ(WaitExit(), 1);
}

TEST_F(RunTest, EmbeddedServesLocalAndLeavesNothingRunning) {
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  std::string dir = (folder_ / "cluster").string();
  Spawn({"--embedded", dir, "--listen", "127.0.0.1:0", "--metrics-listen", ""});
  ASSERT_TRUE(Eventually([&] { return Read("out").find('\n') != std::string::npos; }))
      << Read("err");
  EXPECT_THAT(Read("out"), HasSubstr("gateways: local (default)\n"));
  EXPECT_TRUE(std::filesystem::exists(dir + "/data/postmaster.pid"));
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitExit(), 0);
  EXPECT_FALSE(std::filesystem::exists(dir + "/data/postmaster.pid"));
  Spawn({"--embedded", dir, "--print-dsn"});
  EXPECT_EQ(WaitExit(), 0);
  EXPECT_THAT(Read("out"), HasSubstr("psql"));
}

}  // namespace
}  // namespace stateserver::app
