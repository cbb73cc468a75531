// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the embedded cluster share.
#pragma once

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <pqxx/pqxx>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/platform/embedded/embedded.h"
#include "server/platform/embedded/processes.h"

namespace stateserver::postgres::embedded {

inline std::string MakeOpenFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "embedded.XXXXXX").string();
  std::string path = std::filesystem::canonical(mkdtemp(pattern.data())).string();
  chmod(path.c_str(), 0711);
  return path;
}

class MadeCluster {
 public:
  MadeCluster() : base_(MakeOpenFolder()) {
    EmbeddedOptions options;
    options.dir = dir();
    auto started = EmbeddedPostgres::Start(options);
    if (!started.ok()) ADD_FAILURE() << started.status();
  }
  ~MadeCluster() { std::filesystem::remove_all(base_); }
  std::string dir() const { return base_ + "/cluster"; }

 private:
  std::string base_;
};

// A folder that every user can enter, removed at the end, after whatever still
// runs in it was ended.
class Scratch : public ::testing::Test {
 protected:
  Scratch() : base_(MakeOpenFolder()), dir_(base_ + "/cluster") {}
  ~Scratch() override {
    EndOrphans(data()).IgnoreError();
    std::filesystem::remove_all(base_);
  }

  // Puts a cluster that was started and stopped once in place, sooner than it
  // can be made.
  void UseMadeCluster() {
    static const MadeCluster made;
    std::string command = "cp -a '" + made.dir() + "' '" + dir_ + "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  std::string data() const { return dir_ + "/data"; }

  std::unique_ptr<EmbeddedPostgres> MustStart() {
    auto started = Start(dir_);
    EXPECT_TRUE(started.ok()) << started.status();
    return started.ok() ? std::move(*started) : nullptr;
  }
  absl::StatusOr<std::unique_ptr<EmbeddedPostgres>> Start(const std::string& dir) {
    EmbeddedOptions options;
    options.dir = dir;
    return EmbeddedPostgres::Start(options);
  }

  std::string base_;
  std::string dir_;
};

inline std::string Ask(const EmbeddedPostgres& cluster, const std::string& sql) {
  pqxx::connection connection(cluster.conninfo());
  pqxx::nontransaction work(connection);
  pqxx::result rows = work.exec(sql);
  return rows.empty() ? "" : rows[0][0].as<std::string>("");
}

inline bool Within(absl::Duration patience, const std::function<bool()>& condition) {
  absl::Time end = absl::Now() + patience;
  while (!condition()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return true;
}

// A process of its own that serves `dir` until it is killed.
class ServerProcess {
 public:
  explicit ServerProcess(const std::string& dir) {
    pid_ = fork();
    if (pid_ != 0) return;
    EmbeddedOptions options;
    options.dir = dir;
    auto started = EmbeddedPostgres::Start(options);
    if (!started.ok()) _exit(1);
    for (;;) pause();
  }
  ~ServerProcess() { Kill(); }

  pid_t pid() const { return pid_; }
  void Kill() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

}  // namespace stateserver::postgres::embedded
