// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/password_command.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/text.h"

namespace stateserver::postgres {
namespace {

// A shell script as the command. Every run appends a line to the file "runs".
class PasswordCommandTest : public ::testing::Test {
 protected:
  PasswordCommandTest() {
    std::string pattern = ::testing::TempDir() + "/password-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~PasswordCommandTest() override { std::filesystem::remove_all(folder_); }

  PasswordCommandOptions Options(const std::string& script) {
    PasswordCommandOptions options;
    options.gateway = "prod";
    options.command = {"/bin/sh", "-c", Cat("echo >>", folder_, "/runs; ", script)};
    options.environment = {"PATH=/usr/bin:/bin"};
    return options;
  }

  int64_t Runs() {
    std::ifstream file(folder_ + "/runs");
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  }

  std::string folder_;
};

std::string MessageOfGet(PasswordCommand& command) {
  auto password = command.Get({});
  return password.ok() ? "got " + password->text : std::string(MessageOf(password.status()));
}

TEST_F(PasswordCommandTest, KeepsAPassword) {
  PasswordCommand command(Options("echo secret"));
  auto first = command.Get({});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->text, "secret");
  EXPECT_FALSE(first->cached);
  auto second = command.Get({});
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->cached);
  EXPECT_EQ(second->run, first->run);
  EXPECT_EQ(Runs(), 1);
}

TEST_F(PasswordCommandTest, RunsAgainAfterItsTimeToLive) {
  PasswordCommandOptions options = Options("echo secret");
  options.ttl = absl::ZeroDuration();
  PasswordCommand command(options);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(MessageOfGet(command), "got secret");
  EXPECT_EQ(Runs(), 3);
}

TEST_F(PasswordCommandTest, TheOutputSaysHowLongItIsKept) {
  PasswordCommand expires_soon(
      Options(R"(printf '{"token": "t", "expires_on": %s}' $(($(date +%s) + 50)))"));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(MessageOfGet(expires_soon), "got t");
  EXPECT_EQ(Runs(), 2) << "it is replaced a minute before it expires";
  PasswordCommandOptions options =
      Options(R"(printf '{"token": "t", "expires_on": %s}' $(($(date +%s) + 3600)))");
  options.ttl = absl::ZeroDuration();
  PasswordCommand expires_later(options);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(MessageOfGet(expires_later), "got t");
  EXPECT_EQ(Runs(), 3);
}

TEST_F(PasswordCommandTest, DiscardsTheRefusedOneOnly) {
  PasswordCommand command(Options(Cat("wc -l <", folder_, "/runs")));
  auto first = command.Get({});
  ASSERT_TRUE(first.ok());
  command.Discard(first->run);
  auto second = command.Get({});
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->text, "2");
  command.Discard(first->run);
  EXPECT_EQ(MessageOfGet(command), "got 2");
  EXPECT_EQ(Runs(), 2);
}

TEST_F(PasswordCommandTest, ConcurrentCallersShareARun) {
  PasswordCommand command(
      Options(Cat("while [ ! -e ", folder_, "/go ]; do sleep 0.02; done; echo secret")));
  constexpr int kCallers = 8;
  std::atomic<int> waiting = 0, served = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      ++waiting;
      served += MessageOfGet(command) == "got secret";
    });
  }
  while (waiting < kCallers || Runs() == 0) absl::SleepFor(absl::Milliseconds(5));
  std::ofstream(folder_ + "/go") << "";
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(served, kCallers);
  EXPECT_EQ(Runs(), 1);
}

TEST_F(PasswordCommandTest, ARunOutlivesTheCallThatStartedIt) {
  PasswordCommand command(
      Options(Cat("while [ ! -e ", folder_, "/go ]; do sleep 0.02; done; echo secret")));
  CallContext brief;
  brief.deadline = SteadyNow() + absl::Milliseconds(50);
  EXPECT_EQ(ReasonOf(command.Get(brief).status()), Reason::DEADLINE_EXCEEDED);
  std::ofstream(folder_ + "/go") << "";
  EXPECT_EQ(MessageOfGet(command), "got secret");
  EXPECT_EQ(Runs(), 1);
}

TEST_F(PasswordCommandTest, AFailureNamesGatewayAndProgramAndNoSecret) {
  PasswordCommand command(
      Options("echo hunter2; echo 'ERROR: hunter2 of alice' >&2; echo more >&2; exit 3"));
  auto password = command.Get({});
  EXPECT_EQ(ReasonOf(password.status()), Reason::DATABASE_UNREACHABLE);
  EXPECT_EQ(MessageOf(password.status()),
            "The password_command of gateway 'prod' ('/bin/sh') exited with code 3; it said: "
            "ERROR: *** of alice");
  EXPECT_EQ(FactsOf(password.status())["gateway"], "prod");
  EXPECT_EQ(password.status().ToString().find("hunter2"), std::string::npos);
}

TEST_F(PasswordCommandTest, AMissingProgramIsAFailure) {
  PasswordCommandOptions options = Options("");
  options.command = {"/nonexistent/program"};
  PasswordCommand command(options);
  EXPECT_EQ(MessageOfGet(command),
            "The password_command of gateway 'prod' ('/nonexistent/program') cannot be started: "
            "'/nonexistent/program': No such file or directory");
}

TEST_F(PasswordCommandTest, SomethingElseThanAPasswordIsAFailure) {
  PasswordCommand nothing(Options("true"));
  EXPECT_EQ(MessageOfGet(nothing),
            "The password_command of gateway 'prod' ('/bin/sh') printed nothing");
  PasswordCommand lines(Options("echo hunter2; echo hunter3"));
  EXPECT_EQ(MessageOfGet(lines),
            "The password_command of gateway 'prod' ('/bin/sh') printed more than one line");
}

TEST_F(PasswordCommandTest, TooMuchOutputIsAFailure) {
  for (const char* script : {"yes secret", "head -c 66000 /dev/zero | tr '\\0' x"}) {
    PasswordCommand command(Options(script));
    EXPECT_EQ(MessageOfGet(command),
              "The password_command of gateway 'prod' ('/bin/sh') printed more than 64 KiB");
  }
}

TEST_F(PasswordCommandTest, ARunEndsAtItsTimeLimit) {
  for (const char* script : {"echo slow >&2; sleep 600", "echo slow >&2; exec >&-; sleep 600"}) {
    PasswordCommandOptions options = Options(script);
    options.timeout = absl::Milliseconds(300);
    PasswordCommand command(options);
    EXPECT_EQ(MessageOfGet(command),
              "The password_command of gateway 'prod' ('/bin/sh') did not end within 300ms; it "
              "said: slow");
  }
}

TEST_F(PasswordCommandTest, DestructionEndsARun) {
  PasswordCommandOptions options = Options("sleep 600");
  options.timeout = absl::Hours(1);
  CallContext brief;
  brief.deadline = SteadyNow() + absl::Milliseconds(100);
  PasswordCommand command(options);
  EXPECT_FALSE(command.Get(brief).ok());
}

TEST(PasswordEnvironment, HasWhatCloudClientsNeedAndNoOtherSecret) {
  setenv("AWS_PROFILE", "prod", 1);
  setenv("PASSWORD_COMMAND_MODE", "x", 1);
  setenv("PGPASSWORD", "hunter2", 1);
  setenv("STATESERVER_TEST_SECRET", "hunter2", 1);
  std::vector<std::string> environment = PasswordEnvironment({"PGUSER=u"});
  auto has = [&](const std::string& entry) {
    return std::find(environment.begin(), environment.end(), entry) != environment.end();
  };
  EXPECT_TRUE(has("PGUSER=u"));
  EXPECT_TRUE(has("AWS_PROFILE=prod"));
  EXPECT_TRUE(has("PASSWORD_COMMAND_MODE=x"));
  EXPECT_TRUE(has(Cat("PATH=", getenv("PATH"))));
  EXPECT_FALSE(has("PGPASSWORD=hunter2"));
  EXPECT_FALSE(has("STATESERVER_TEST_SECRET=hunter2"));
}

}  // namespace
}  // namespace stateserver::postgres
