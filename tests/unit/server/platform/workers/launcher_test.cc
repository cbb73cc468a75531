// SPDX-License-Identifier: Apache-2.0

#include "server/platform/workers/launcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/workers/interpreter.h"

namespace stateserver::workers {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::vector<std::string> kEnvironment = {"PATH=/usr/bin:/bin", "HOME=/home/somebody",
                                               "TMPDIR=/home/somebody/tmp"};

class LauncherTest : public testing::Test {
 protected:
  LauncherTest() {
    char name[] = "/tmp/ss-launcher-XXXXXX";
    folder_ = mkdtemp(name);
    chmod(folder_.c_str(), 0755);
  }
  ~LauncherTest() override { std::filesystem::remove_all(folder_); }

  // Writes an executable shell script.
  std::string Script(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    chmod(path.c_str(), 0755);
    return path;
  }

  absl::StatusOr<Launch> Prepare(const std::vector<std::string>& command) {
    return launcher_.Prepare(command, kEnvironment, files_, absl::Seconds(20));
  }

  std::string folder_;
  Launcher launcher_;
  SandboxFiles files_;
};

TEST_F(LauncherTest, AsksPythonForItsFiles) {
  absl::StatusOr<Launch> launch = Prepare({"python3", "-m", "stateserver_workers"});
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_THAT(launch->command[0], StartsWith("/usr/bin/python3"));
  EXPECT_THAT(launch->sandbox->readable, Contains(StartsWith("/usr/lib/python3")));
}

TEST_F(LauncherTest, FollowsAScriptToTheInterpreterThatItChooses) {
  const std::string shim = Script("python3", "exec /usr/bin/python3 \"$@\"");
  EXPECT_THAT(Prepare({shim, "-m", "x"})->command[0], StartsWith("/usr/bin/python3"));
}

TEST_F(LauncherTest, FollowsTheLinksOfAVirtualEnvironment) {
  std::filesystem::create_directory(folder_ + "/bin");
  std::filesystem::create_symlink("/usr/bin/python3", folder_ + "/bin/link");
  std::filesystem::create_symlink("link", folder_ + "/bin/python");
  std::ofstream(folder_ + "/pyvenv.cfg") << "home = /usr/bin\n";
  absl::StatusOr<Launch> launch = Prepare({folder_ + "/bin/python", "-m", "x"});
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_THAT(launch->sandbox->readable, Contains(folder_));
  EXPECT_THAT(launch->sandbox->readable, Contains(folder_ + "/bin/link"));
}

TEST_F(LauncherTest, ShowsWhatIsConfiguredAndTheWordsOfTheCommand) {
  files_ = {{"/opt/more"}, {"/opt/secret"}};
  absl::StatusOr<Launch> launch = Prepare({"/bin/sh", folder_ + "/worker"});
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_EQ(launch->command[0], "/bin/sh");
  for (const std::string& path : {std::string("/opt/more"), folder_ + "/worker"}) {
    EXPECT_THAT(launch->sandbox->readable, Contains(path));
  }
  EXPECT_THAT(launch->sandbox->hidden, Contains("/opt/secret"));
}

TEST_F(LauncherTest, HidesTheHomeOfTheServer) {
  absl::StatusOr<Launch> launch = Prepare({"python3"});
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_THAT(launch->environment, Contains("HOME=/nonexistent"));
  EXPECT_THAT(launch->environment, Contains("PATH=/usr/bin:/bin"));
  EXPECT_THAT(launch->environment, Not(Contains(HasSubstr("somebody"))));
}

TEST_F(LauncherTest, RootGivesWorkersAnIdThatNobodyHas) {
  std::optional<OsUser> user = Prepare({"/bin/sh"})->user;
  ASSERT_EQ(user.has_value(), geteuid() == 0);
  if (!user) GTEST_SKIP() << "only for root";
  EXPECT_GE(user->uid, 65520U);
  EXPECT_LE(user->uid, 65533U);
  EXPECT_EQ(user->groups, std::vector<gid_t>{user->gid});
}

TEST_F(LauncherTest, AnInterpreterThatDoesNotAnswerIsAnError) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"echo broken >&2; exit 3", "it exited with code 3 when it was asked which files it uses"},
      {"echo hello", "it did not say which files it uses"}};
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string program = Script(Cat("python", i), cases[i].first);
    EXPECT_THAT(MessageOf(Prepare({program}).status()), HasSubstr(cases[i].second));
  }
  const std::string slow = Script("python-slow", "sleep 100");
  EXPECT_EQ(MessageOf(AskInterpreter(slow, kEnvironment, absl::Milliseconds(50)).status()),
            "it did not say within 50ms which files it uses");
}

TEST_F(LauncherTest, AsksAgainOnlyAfterAChangeOfTheConfiguration) {
  const std::string program =
      Script("python3", Cat("echo asked >> ", folder_, "/log; exec /usr/bin/python3 \"$@\""));
  auto asked = [&] {
    std::ifstream log(folder_ + "/log");
    return std::count(std::istreambuf_iterator<char>(log), {}, '\n');
  };
  ASSERT_TRUE(Prepare({program}).ok());
  ASSERT_TRUE(Prepare({program}).ok());
  EXPECT_EQ(asked(), 1);
  launcher_.Clear();
  ASSERT_TRUE(Prepare({program}).ok());
  EXPECT_EQ(asked(), 2);
}

TEST_F(LauncherTest, ATrialStartFindsOutHowWorkersAreConfined) {
  SandboxCheck check = launcher_.Check({"python3"}, kEnvironment, files_, absl::Seconds(20));
  EXPECT_EQ(check.problem, "");
  EXPECT_EQ(check.refused.empty(), check.confinement == Confinement::kNamespaces);
}

TEST_F(LauncherTest, ATrialStartNamesTheProblem) {
  const std::string program = Script("python3", "exit 1");
  EXPECT_THAT(launcher_.Check({program}, kEnvironment, files_, absl::Seconds(20)).problem,
              HasSubstr("it exited with code 1"));
}

}  // namespace
}  // namespace stateserver::workers
