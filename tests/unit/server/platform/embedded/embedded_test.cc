// SPDX-License-Identifier: Apache-2.0
//
// The whole of it on real clusters, where the tests run as root with the
// privileges dropped, else as the user.
#include "server/platform/embedded/embedded.h"

#include <pwd.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "common/error.h"
#include "common/process/file_descriptor.h"
#include "gmock/gmock.h"
#include "server/platform/embedded/create.h"
#include "server/platform/embedded/processes.h"
#include "tests/unit/server/platform/embedded/scratch.h"

namespace stateserver::postgres::embedded {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Embedded : public Scratch {};

uid_t OwnerOf(const std::string& path) {
  struct stat info {};
  stat(path.c_str(), &info);
  return info.st_uid;
}

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  stat(path.c_str(), &info);
  return info.st_mode & 0777;
}

TEST_F(Embedded, MakesACluster) {
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_TRUE(cluster->running());
  EXPECT_EQ(Ask(*cluster, "SELECT current_user"), "stateserver");
  EXPECT_EQ(Ask(*cluster, "SELECT current_database()"), "state");
  EXPECT_EQ(Ask(*cluster, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"), "t");
  EXPECT_EQ(Ask(*cluster, "SHOW server_encoding"), "UTF8");
  EXPECT_EQ(Ask(*cluster, "SELECT datcollate FROM pg_database WHERE datname = 'state'"), "C.UTF-8");
  EXPECT_EQ(Ask(*cluster, "SHOW fsync"), "on");
}

TEST_F(Embedded, ListensOnASocketOfItsOwnAlone) {
  UseMadeCluster();
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(Ask(*cluster, "SHOW listen_addresses"), "");
  EXPECT_EQ(ModeOf(dir_ + "/run"), 0700);
  EXPECT_EQ(ModeOf(data()), 0700);
  EXPECT_EQ(Ask(*cluster,
                "SELECT string_agg(type || ' ' || auth_method, ',') "
                "FROM pg_hba_file_rules"),
            "local peer");
}

TEST_F(Embedded, NeverRunsAsRoot) {
  if (geteuid() != 0) GTEST_SKIP() << "only for root";
  UseMadeCluster();
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  for (pid_t pid : ProcessesOn(data())) {
    EXPECT_NE(OwnerOf("/proc/" + std::to_string(pid)), 0) << pid;
  }
  EXPECT_NE(OwnerOf(data()), 0);
  EXPECT_EQ(geteuid(), 0);
}

TEST_F(Embedded, KeepsItsDataOverAStop) {
  UseMadeCluster();
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  Ask(*cluster, "CREATE TABLE t AS SELECT 42 AS answer");
  std::string conninfo = cluster->conninfo();
  cluster->Stop();
  EXPECT_FALSE(cluster->running());
  EXPECT_THAT(ProcessesOn(data()), IsEmpty());
  cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->conninfo(), conninfo);
  EXPECT_EQ(Ask(*cluster, "SELECT answer FROM t"), "42");
}

TEST_F(Embedded, StopsWithOpenSessions) {
  UseMadeCluster();
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  pqxx::connection session(cluster->conninfo());
  pqxx::work work(session);
  work.exec("SELECT 1");
  absl::Time begin = absl::Now();
  cluster = nullptr;
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  EXPECT_THAT(ProcessesOn(data()), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(data() + "/postmaster.pid"));
}

TEST_F(Embedded, RefusesASecondServer) {
  UseMadeCluster();
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  auto second = Start(dir_);
  EXPECT_EQ(second.status().message(), "'" + dir_ + "' is in use by another stateserver (process " +
                                           std::to_string(getpid()) + ")");
  EXPECT_EQ(ReasonOf(second.status()), Reason::ARGUMENT_INVALID);
  EXPECT_EQ(Ask(*cluster, "SELECT 1"), "1");
  cluster = nullptr;
  EXPECT_NE(MustStart(), nullptr);
}

TEST_F(Embedded, RefusesAServerBesideAnotherProcess) {
  UseMadeCluster();
  ServerProcess server(dir_);
  ASSERT_TRUE(Within(absl::Seconds(60), [&] { return ReadPostmasterFile(data()).ready; }));
  EXPECT_THAT(std::string(Start(dir_).status().message()),
              HasSubstr("(process " + std::to_string(server.pid()) + ")"));
}

TEST_F(Embedded, RecoversWhenThePostmasterIsKilled) {
  UseMadeCluster();
  EmbeddedOptions options;
  options.dir = dir_;
  std::mutex mutex;
  std::string events;
  options.on_event = [&](const std::string& event) {
    std::lock_guard lock(mutex);
    events += event + "\n";
  };
  auto cluster = EmbeddedPostgres::Start(options);
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  Ask(**cluster, "CREATE TABLE t AS SELECT 42 AS answer");
  for (int round = 0; round < 2; ++round) {
    pid_t before = ReadPostmasterFile(data()).pid;
    kill(before, SIGKILL);
    ASSERT_TRUE(Within(absl::Seconds(10), [&] { return !(*cluster)->running(); }));
    ASSERT_TRUE(Within(absl::Seconds(60), [&] { return (*cluster)->running(); }));
    EXPECT_NE(ReadPostmasterFile(data()).pid, before);
    EXPECT_EQ(Ask(**cluster, "SELECT answer FROM t"), "42");
  }
  cluster->reset();
  EXPECT_THAT(events, HasSubstr("ended unexpectedly and is started again"));
  EXPECT_THAT(events, HasSubstr("is ready again"));
  EXPECT_THAT(ProcessesOn(data()), IsEmpty());
}

// A backend that is busy does not notice the death of its postmaster and would
// keep a new one from starting.
TEST_F(Embedded, RecoversWhenThePostmasterIsKilledUnderABusySession) {
  UseMadeCluster();
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  pqxx::connection session(cluster->conninfo());
  int backend = session.backendpid();
  std::thread busy([&] {
    try {
      pqxx::nontransaction work(session);
      work.exec("SELECT count(*) FROM generate_series(1, 100000000000)");
    } catch (const pqxx::failure&) {
    }
  });
  absl::SleepFor(absl::Milliseconds(300));
  kill(ReadPostmasterFile(data()).pid, SIGKILL);
  EXPECT_TRUE(Within(absl::Seconds(10), [&] { return !cluster->running(); }));
  EXPECT_TRUE(Within(absl::Seconds(60), [&] { return cluster->running(); }));
  EXPECT_THAT(ProcessesOn(data()), Not(Contains(backend)));
  busy.join();
  EXPECT_EQ(Ask(*cluster, "SELECT 1"), "1");
}

TEST_F(Embedded, TakesItsClusterAlongWhenTheServerIsKilled) {
  UseMadeCluster();
  ServerProcess server(dir_);
  ASSERT_TRUE(Within(absl::Seconds(60), [&] { return ReadPostmasterFile(data()).ready; }));
  server.Kill();
  EXPECT_TRUE(Within(absl::Seconds(20), [&] { return ProcessesOn(data()).empty(); }));
}

TEST_F(Embedded, StartsAtOnceAfterTheServerWasKilled) {
  UseMadeCluster();
  {
    auto cluster = MustStart();
    ASSERT_NE(cluster, nullptr);
    Ask(*cluster, "CREATE TABLE t AS SELECT 42 AS answer");
  }
  ServerProcess server(dir_);
  ASSERT_TRUE(Within(absl::Seconds(60), [&] { return ReadPostmasterFile(data()).ready; }));
  server.Kill();
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(Ask(*cluster, "SELECT answer FROM t"), "42");
}

TEST_F(Embedded, StartsWhileTheKilledServersPostmasterStillRuns) {
  UseMadeCluster();
  ServerProcess server(dir_);
  ASSERT_TRUE(Within(absl::Seconds(60), [&] { return ReadPostmasterFile(data()).ready; }));
  pid_t postmaster = ReadPostmasterFile(data()).pid;
  // It cannot end yet.
  kill(postmaster, SIGSTOP);
  server.Kill();
  std::thread later([&] {
    absl::SleepFor(absl::Seconds(1));
    EXPECT_EQ(kill(postmaster, SIGCONT), 0);
  });
  auto cluster = MustStart();
  later.join();
  ASSERT_NE(cluster, nullptr);
  EXPECT_NE(ReadPostmasterFile(data()).pid, postmaster);
  EXPECT_EQ(Ask(*cluster, "SELECT 1"), "1");
}

TEST_F(Embedded, StartsAfterServerAndPostmasterWereKilled) {
  UseMadeCluster();
  ServerProcess server(dir_);
  ASSERT_TRUE(Within(absl::Seconds(60), [&] { return ReadPostmasterFile(data()).ready; }));
  pid_t postmaster = ReadPostmasterFile(data()).pid;
  kill(server.pid(), SIGSTOP);
  kill(postmaster, SIGKILL);
  server.Kill();
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(Ask(*cluster, "SELECT 1"), "1");
}

TEST_F(Embedded, StartsAfterAKillAtAnyMomentOfTheFirstStart) {
  for (int delay : {50, 400, 900, 1500}) {
    ServerProcess server(dir_);
    absl::SleepFor(absl::Milliseconds(delay));
  }
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(Ask(*cluster, "SELECT current_database()"), "state");
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/data.tmp"));
}

TEST_F(Embedded, ForgetsAProcessIdThatIsSomebodyElses) {
  UseMadeCluster();
  // Alive, of the cluster's user, and nothing to do with the cluster.
  ChildOptions options;
  options.argv = {"/bin/sleep", "60"};
  options.user = *ClusterUser(data());
  auto foreign = Spawn(options);
  ASSERT_TRUE(foreign.ok()) << foreign.status();
  std::ofstream(data() + "/postmaster.pid") << *foreign << "\n"
                                            << data() << "\n1\n5432\n"
                                            << dir_ << "/run\n\n1 1\nready\n";
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(Ask(*cluster, "SELECT 1"), "1");
  EXPECT_EQ(kill(*foreign, SIGKILL), 0);
  EXPECT_EQ(waitpid(*foreign, nullptr, 0), *foreign);
}

// Without its server nobody sends it a signal but the next one.
TEST_F(Embedded, EndsAPostmasterThatNobodyWatches) {
  UseMadeCluster();
  ChildOptions options;
  options.argv = {FindBinaries({})->postgres,
                  "-D",
                  data(),
                  "-c",
                  "listen_addresses=",
                  "-c",
                  "unix_socket_directories=" + dir_ + "/run"};
  options.user = *ClusterUser(data());
  std::string log = dir_ + "/log/postgres.log";
  FileDescriptor output(open(log.c_str(), O_WRONLY | O_APPEND));
  options.output = output.get();
  auto postmaster = Spawn(options);
  ASSERT_TRUE(postmaster.ok()) << postmaster.status();
  ASSERT_TRUE(Within(absl::Seconds(60), [&] { return ReadPostmasterFile(data()).ready; }));
  std::filesystem::resize_file(log, 0);
  std::thread reaper([&] { waitpid(*postmaster, nullptr, 0); });
  auto cluster = MustStart();
  reaper.join();
  ASSERT_NE(cluster, nullptr);
  EXPECT_THAT(TailOf(log), HasSubstr("received fast shutdown request"));
  EXPECT_EQ(Ask(*cluster, "SELECT 1"), "1");
}

TEST_F(Embedded, UsesAShortSocketPathWhereTheFoldersIsTooLong) {
  UseMadeCluster();
  std::string made = dir_;
  std::filesystem::create_directory(base_ + "/" + std::string(120, 'x'));
  dir_ = base_ + "/" + std::string(120, 'x') + "/it's \"odd\", really";
  std::filesystem::rename(made, dir_);
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(Ask(*cluster, "SELECT 1"), "1");
  std::string conninfo = cluster->conninfo();
  EXPECT_LE(conninfo.find("' port="), 50);
  cluster = nullptr;
  cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->conninfo(), conninfo);
  // As after a restart of the machine, which empties /tmp.
  cluster = nullptr;
  std::string socket_dir = conninfo.substr(6, conninfo.find("' port=") - 6);
  std::filesystem::remove_all(socket_dir);
  cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->conninfo(), conninfo);
  EXPECT_EQ(Ask(*cluster, "SELECT 1"), "1");
  cluster = nullptr;
  std::filesystem::remove_all(socket_dir);
}

TEST_F(Embedded, TakesTheLongestSocketPathThatFits) {
  // 107 bytes with "/run/.s.PGSQL.5432", which has 18.
  dir_ = base_ + "/" + std::string(107 - 18 - base_.size() - 1, 'x');
  UseMadeCluster();
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_THAT(cluster->conninfo(), HasSubstr(dir_ + "/run'"));
  EXPECT_EQ(Ask(*cluster, "SELECT 1"), "1");
}

TEST_F(Embedded, NamesTheFolderThatItsUserCannotEnter) {
  if (geteuid() != 0) GTEST_SKIP() << "the cluster's user is the server's";
  std::string closed = base_ + "/closed";
  mkdir(closed.c_str(), 0700);
  absl::Status status = Start(closed + "/deep/cluster").status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("who runs the embedded PostgreSQL, cannot enter '" + closed +
                        "', which leads to '" + closed + "/deep/cluster'"));
  EXPECT_THAT(HintOf(status), HasSubstr("chmod o+x " + closed));
  EXPECT_THAT(std::string(Start(closed).status().message()),
              ::testing::EndsWith("cannot enter '" + closed + "'"));
}

TEST_F(Embedded, RefusesAClusterOfAnotherVersion) {
  UseMadeCluster();
  std::ofstream(data() + "/PG_VERSION") << "12\n";
  absl::Status status = Start(dir_).status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(data() + ": The cluster was created by PostgreSQL 12, whose programs were "
                                 "not found (found: "));
  EXPECT_THAT(HintOf(status), HasSubstr("Install postgresql-12"));
}

TEST_F(Embedded, RefusesAFolderThatHoldsSomethingElse) {
  std::filesystem::create_directories(data());
  if (geteuid() == 0) chmod(dir_.c_str(), 0711);
  EXPECT_THAT(std::string(Start(dir_).status().message()),
              HasSubstr("is not a PostgreSQL cluster"));
  std::ofstream(dir_ + "/PG_VERSION") << "15\n";
  EXPECT_THAT(std::string(Start(dir_).status().message()),
              HasSubstr("is itself a PostgreSQL data folder"));
}

TEST_F(Embedded, SaysWhatPostgresSaidWhenItDoesNotStart) {
  UseMadeCluster();
  std::ofstream(data() + "/postgresql.conf", std::ios::app) << "nonsense = 1\n";
  EXPECT_THAT(std::string(Start(dir_).status().message()),
              ::testing::AllOf(HasSubstr("does not start: "), HasSubstr("nonsense")));
  EXPECT_THAT(ProcessesOn(data()), IsEmpty());
}

TEST_F(Embedded, SaysHowToConnectWithoutRunning) {
  EXPECT_THAT(std::string(DescribeEmbedded(dir_).status().message()),
              HasSubstr("holds no embedded PostgreSQL yet"));
  UseMadeCluster();
  auto text = DescribeEmbedded(dir_);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("psql \"host='" + dir_ +
                               "/run' port=5432 user=stateserver "
                               "dbname=state\""));
  EXPECT_THAT(*text, HasSubstr("      host: \"" + dir_ + "/run\"\n"));
}

TEST_F(Embedded, PutsABigLogAside) {
  UseMadeCluster();
  std::filesystem::resize_file(dir_ + "/log/postgres.log", (10 << 20) + 1);
  MustStart();
  EXPECT_GT(std::filesystem::file_size(dir_ + "/log/postgres.log.1"), 10 << 20);
  EXPECT_LT(std::filesystem::file_size(dir_ + "/log/postgres.log"), 10 << 20);
}

}  // namespace
}  // namespace stateserver::postgres::embedded
