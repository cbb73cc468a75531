// SPDX-License-Identifier: Apache-2.0

#include "common/failpoint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace stateserver::failpoint {
namespace {

Registry Make(std::string_view text) { return Registry(Parse(text).value()); }

TEST(Failpoint, UnnamedPointsDoNothing) {
  Registry registry = Make("a=error");
  EXPECT_TRUE(registry.Hit("b").ok());
  EXPECT_FALSE(registry.Hit("a").ok());
}

TEST(Failpoint, AnErrorNamesItsPoint) {
  Registry registry = Make("import.after_staging=error");
  absl::Status status = registry.Hit("import.after_staging");
  EXPECT_EQ(ReasonOf(status), Reason::INTERNAL);
  EXPECT_NE(status.ToString().find("import.after_staging"), std::string::npos);
}

TEST(Failpoint, CountsHits) {
  Registry registry = Make("a=error@2");
  EXPECT_TRUE(registry.Hit("a").ok());
  EXPECT_FALSE(registry.Hit("a").ok());
  EXPECT_TRUE(registry.Hit("a").ok());
}

TEST(Failpoint, Sleeps) {
  Registry registry = Make("a=sleep(50)");
  auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(registry.Hit("a").ok());
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(50));
}

// The file of an action `wait`, and the file that the action creates.
class FailpointWait : public ::testing::Test {
 protected:
  ~FailpointWait() override {
    std::filesystem::remove(file_);
    std::filesystem::remove(reached_);
  }

  const std::string file_ = ::testing::TempDir() + "failpoint_test." + std::to_string(getpid());
  const std::string reached_ = file_ + ".reached";
  Registry registry_ = Make("a=wait(" + file_ + ")");
};

TEST_F(FailpointWait, SaysThatItIsReachedAndWaitsForTheFile) {
  EXPECT_FALSE(std::filesystem::exists(reached_));
  std::atomic<bool> passed = false;
  std::thread waiting([&] {
    EXPECT_TRUE(registry_.Hit("a").ok());
    passed = true;
  });
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!std::filesystem::exists(reached_) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(std::filesystem::exists(reached_));
  EXPECT_FALSE(passed);
  std::ofstream(file_).put('x');
  waiting.join();
  EXPECT_TRUE(passed);
}

TEST_F(FailpointWait, SaysThatItIsReachedWhereTheFileExists) {
  std::ofstream(file_).put('x');
  EXPECT_TRUE(registry_.Hit("a").ok());
  EXPECT_TRUE(std::filesystem::exists(reached_));
}

TEST(FailpointDeathTest, EndsTheProgramThatCannotSayThatAPointIsReached) {
  Registry registry = Make("a=wait(/nonexistent/go)");
  EXPECT_DEATH((void)registry.Hit("a"), "cannot create '/nonexistent/go.reached'");
}

TEST(Failpoint, TerminatesTheBackendThroughTheHook) {
  Registry registry = Make("a=terminate_backend");
  int called = 0;
  EXPECT_TRUE(registry.Hit("a", [&] { ++called; }).ok());
  EXPECT_TRUE(registry.Hit("a").ok());
  EXPECT_EQ(called, 1);
}

TEST(FailpointDeathTest, Kills) {
  Registry registry = Make("a=kill");
  EXPECT_EXIT((void)registry.Hit("a"), ::testing::KilledBySignal(SIGKILL), "");
}

TEST(Failpoint, RefusesWhatDoesNotParse) {
  for (const char* text : {"a", "=kill", "a=die", "a=sleep", "a=sleep()", "a=sleep(x)", "a=wait()",
                           "a=wait(x", "a=kill@", "a=kill@0", "a=kill@x", "a=sleep(-1)"}) {
    absl::Status status = Parse(text).status();
    EXPECT_EQ(ReasonOf(status), Reason::ARGUMENT_INVALID) << text;
  }
  EXPECT_EQ(Parse("").value().size(), 0u);
  EXPECT_EQ(Parse("a=kill;b=error;").value().size(), 2u);
}

}  // namespace
}  // namespace stateserver::failpoint
