// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/pool.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

#include "server/platform/postgres/password_command.h"
#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::postgres {
namespace {

class PoolTest : public DatabaseTest {};

TEST_F(PoolTest, LendsTheSameConnectionAgain) {
  auto session = Acquire();
  int pid = session->backend_pid();
  EXPECT_EQ(pool_->stats().in_use, 1);
  session.reset();
  EXPECT_EQ(pool_->stats().in_use, 0);
  EXPECT_EQ(pool_->stats().open, 1);
  EXPECT_EQ(Acquire()->backend_pid(), pid);
}

TEST_F(PoolTest, RollsBackWhatASessionLeftOpen) {
  auto session = Acquire();
  int pid = session->backend_pid();
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  ASSERT_OK(session->Execute("CREATE TABLE t (a int)"));
  session.reset();
  session = Acquire();
  EXPECT_EQ(session->backend_pid(), pid);
  EXPECT_FALSE(session->in_transaction());
  EXPECT_EQ(Ask("SELECT to_regclass('t') IS NULL"), "t");
}

TEST_F(PoolTest, AClosedSessionIsNotKept) {
  auto session = Acquire();
  session->Close();
  EXPECT_REASON(DATABASE_LOST, session->Execute("SELECT 1"));
  session.reset();
  EXPECT_EQ(pool_->stats().open, 0);
}

TEST_F(PoolTest, ReplacesAConnectionThatDiedWhileIdle) {
  auto session = Acquire();
  auto killer = Acquire();
  std::string pid = std::to_string(session->backend_pid());
  session.reset();
  ASSERT_OK(killer->Query("SELECT pg_terminate_backend(" + pid + ", 5000)").status());
  session = Acquire();
  EXPECT_OK(session->Execute("SELECT 1"));
  EXPECT_NE(std::to_string(session->backend_pid()), pid);
}

TEST_F(PoolTest, WaitsForAFreeConnectionAndNoLongerThanAsked) {
  PoolOptions options = Options();
  options.max_connections = 1;
  options.acquire_timeout = absl::Milliseconds(300);
  Pool pool(options);
  auto first = pool.Acquire({});
  ASSERT_OK(first.status());
  absl::Time start = absl::Now();
  auto second = pool.Acquire({});
  EXPECT_REASON(OVERLOADED, second.status());
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(290));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  std::thread giver([&] {
    absl::SleepFor(absl::Milliseconds(100));
    EXPECT_EQ(pool.stats().waiting, 1);
    first->reset();
  });
  EXPECT_OK(pool.Acquire({}).status());
  giver.join();
  EXPECT_EQ(pool.stats().waiting, 0);
}

// A role whose password changes, and a command that prints it.
class PasswordPoolTest : public PoolTest {
 protected:
  void SetUp() override {
    PoolTest::SetUp();
    std::string pattern = ::testing::TempDir() + "/pool-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    ASSERT_OK(Acquire()->Execute("CREATE ROLE iam LOGIN PASSWORD 'one'"));
    Print("one");
  }
  void TearDown() override {
    ASSERT_OK(Acquire()->Execute("DROP ROLE iam"));
    std::filesystem::remove_all(folder_);
  }

  void Print(const std::string& password) { std::ofstream(folder_ + "/password") << password; }

  void Change(const std::string& password) {
    ASSERT_OK(Acquire()->Execute("ALTER ROLE iam PASSWORD '" + password + "'"));
  }

  int64_t Runs() {
    std::ifstream file(folder_ + "/runs");
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  }

  PoolOptions WithCommand() {
    PasswordCommandOptions command;
    command.gateway = "prod";
    command.command = {"/bin/sh", "-c",
                       "echo >>" + folder_ + "/runs; cat " + folder_ + "/password"};
    command.environment = {"PATH=/usr/bin:/bin"};
    PoolOptions options;
    auto& cluster = testing::PostgresCluster::Shared();
    options.conninfo =
        "host=127.0.0.1 user=iam port=" + std::to_string(cluster.port()) + " dbname=" + database_;
    options.password = std::make_shared<PasswordCommand>(command);
    return options;
  }

  // Connects anew.
  static absl::Status Connect(Pool& pool) {
    auto session = pool.Acquire({});
    if (session.ok()) (*session)->Close();
    return session.status();
  }

  std::string folder_;
};

TEST_F(PasswordPoolTest, ConnectsWithWhatTheCommandPrints) {
  Pool pool(WithCommand());
  for (int i = 0; i < 3; ++i) ASSERT_OK(Connect(pool));
  EXPECT_EQ(Runs(), 1);
}

TEST_F(PasswordPoolTest, AChangedPasswordIsObtainedOnceMore) {
  Pool pool(WithCommand());
  ASSERT_OK(Connect(pool));
  Change("two");
  Print("two");
  ASSERT_OK(Connect(pool));
  ASSERT_OK(Connect(pool));
  EXPECT_EQ(Runs(), 2);
}

TEST_F(PasswordPoolTest, APasswordThatIsRefusedTwiceIsAnError) {
  Pool pool(WithCommand());
  ASSERT_OK(Connect(pool));
  Change("two");
  absl::Status status = Connect(pool);
  EXPECT_REASON(DATABASE_UNREACHABLE, status);
  EXPECT_EQ(FactsOf(status)["sqlstate"], "28P01");
  EXPECT_EQ(Runs(), 2);
  EXPECT_EQ(status.ToString().find("one"), std::string::npos);
}

TEST_F(PasswordPoolTest, AFreshPasswordThatIsRefusedIsNotTriedAgain) {
  Print("wrong");
  Pool pool(WithCommand());
  EXPECT_REASON(DATABASE_UNREACHABLE, Connect(pool));
  EXPECT_EQ(Runs(), 1);
}

TEST_F(PasswordPoolTest, AFailureOfTheCommandIsTheErrorOfTheConnection) {
  std::filesystem::remove(folder_ + "/password");
  Pool pool(WithCommand());
  absl::Status status = Connect(pool);
  EXPECT_REASON(DATABASE_UNREACHABLE, status);
  EXPECT_NE(MessageOf(status).find("The password_command of gateway 'prod'"), std::string::npos);
}

TEST_F(PoolTest, ServesWhoWaitsLongestFirst) {
  PoolOptions options = Options();
  options.max_connections = 1;
  Pool pool(options);
  auto first = pool.Acquire({});
  ASSERT_OK(first.status());
  constexpr int kWaiters = 8;
  std::mutex mutex;
  std::vector<int> served;
  std::vector<std::thread> threads;
  for (int i = 0; i < kWaiters; ++i) {
    threads.emplace_back([&, i] {
      auto session = pool.Acquire({});
      std::lock_guard lock(mutex);
      if (session.ok()) served.push_back(i);
    });
    while (pool.stats().waiting < i + 1) absl::SleepFor(absl::Milliseconds(1));
  }
  first->reset();
  for (std::thread& thread : threads) thread.join();
  std::vector<int> in_order(kWaiters);
  for (int i = 0; i < kWaiters; ++i) in_order[i] = i;
  EXPECT_EQ(served, in_order);
  EXPECT_EQ(pool.stats().waits, kWaiters);
  EXPECT_GT(pool.stats().waited, absl::ZeroDuration());
  EXPECT_EQ(pool.stats().opened, 1);
}

TEST_F(PoolTest, ClosesConnectionsThatAreTooOld) {
  PoolOptions options = Options();
  options.max_age = absl::Milliseconds(200);
  Pool pool(options);
  auto session = pool.Acquire({});
  ASSERT_OK(session.status());
  int pid = (*session)->backend_pid();
  absl::SleepFor(absl::Milliseconds(250));
  EXPECT_OK((*session)->Execute("SELECT 1"));  // not closed while it is at work
  session->reset();
  EXPECT_EQ(pool.stats().open, 0);
  EXPECT_NE((*pool.Acquire({}))->backend_pid(), pid);
  EXPECT_EQ(pool.stats().opened, 2);
}

TEST_F(PoolTest, TheDeadlineOfACallIsATimeoutOfItsStatements) {
  auto timeout = [&](absl::Duration left) {
    CallContext call;
    call.deadline = absl::Now() + left;
    auto session = pool_->Acquire(call);
    EXPECT_OK((*session)->Begin(Isolation::kReadCommitted));
    auto rows = (*session)->Query(
        "SELECT setting::bigint FROM pg_settings WHERE name = 'statement_timeout'");
    return rows->Int(0, 0);
  };
  EXPECT_NEAR(static_cast<double>(timeout(absl::Minutes(1))), 65'000, 3'000);
  EXPECT_EQ(timeout(absl::InfiniteDuration()), 0);
  EXPECT_EQ(Ask("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'"), "0")
      << "of the next transaction";
}

TEST_F(PoolTest, WaitingHonoursTheContext) {
  PoolOptions options = Options();
  options.max_connections = 1;
  Pool pool(options);
  auto first = pool.Acquire({});
  CallContext context;
  context.deadline = absl::Now() + absl::Milliseconds(100);
  EXPECT_REASON(DEADLINE_EXCEEDED, pool.Acquire(context).status());
  EXPECT_EQ(pool.stats().waiting, 0);
  EXPECT_EQ(pool.stats().in_use, 1);
}

TEST_F(PoolTest, ASessionMayOutliveItsPool) {
  auto session = Acquire();
  pool_.reset();
  EXPECT_OK(session->Execute("SELECT 1"));
}

TEST_F(PoolTest, RunsTheSetupSql) {
  PoolOptions options = Options();
  options.setup_sql = "SET work_mem = '5MB'";
  Pool pool(options);
  auto session = pool.Acquire({});
  ASSERT_OK(session.status());
  auto shown = (*session)->Query("SHOW work_mem");
  ASSERT_OK(shown.status());
  EXPECT_EQ(shown->Text(0, 0), "5MB");
}

absl::Status ConnectError(const std::string& conninfo) {
  PoolOptions options;
  options.conninfo = conninfo;
  return Pool(options).Acquire({}).status();
}

TEST_F(PoolTest, UnreachableNamesWhereAndWhoButNoPassword) {
  absl::Status status =
      ConnectError("host=127.0.0.1 port=1 dbname=state user=sqlmesh password=geheim");
  EXPECT_REASON(DATABASE_UNREACHABLE, status);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  for (const char* part : {"127.0.0.1", "1", "'state'", "'sqlmesh'", "refused"}) {
    EXPECT_NE(MessageOf(status).find(part), std::string::npos)
        << part << " in " << MessageOf(status);
  }
  EXPECT_EQ(status.ToString().find("geheim"), std::string::npos);
}

TEST_F(PoolTest, AMalformedConnectionStringDoesNotLeakThePassword) {
  absl::Status status = ConnectError("host=h password='se cret");
  EXPECT_REASON(DATABASE_UNREACHABLE, status);
  EXPECT_EQ(status.ToString().find("cret"), std::string::npos);
}

TEST_F(PoolTest, RefusedConnectionsCarryTheSqlstate) {
  auto& cluster = testing::PostgresCluster::Shared();
  absl::Status missing = ConnectError(cluster.Conninfo("missing"));
  EXPECT_REASON(DATABASE_UNREACHABLE, missing);
  EXPECT_EQ(FactsOf(missing)["sqlstate"], "3D000");
  EXPECT_EQ(MessageOf(missing).find("LOCATION"), std::string::npos) << MessageOf(missing);
  EXPECT_EQ(MessageOf(missing).find("3D000"), std::string::npos) << MessageOf(missing);
  EXPECT_OK(ConnectError(cluster.TcpConninfo()));
  absl::Status wrong = ConnectError("host=127.0.0.1 port=" + std::to_string(cluster.port()) +
                                    " user=postgres dbname=postgres password=falsch");
  EXPECT_EQ(FactsOf(wrong)["sqlstate"], "28P01") << MessageOf(wrong);
  EXPECT_EQ(HintOf(wrong), "Check user, password and pg_hba.conf.");
}

TEST_F(PoolTest, TooManyClientsIsOverload) {
  std::vector<std::unique_ptr<Pool>> pools;
  std::vector<std::unique_ptr<Session>> sessions;
  absl::Status status = absl::OkStatus();
  for (int i = 0; i < 60 && status.ok(); ++i) {
    pools.push_back(std::make_unique<Pool>(Options()));
    auto session = pools.back()->Acquire({});
    status = session.status();
    if (session.ok()) sessions.push_back(*std::move(session));
  }
  EXPECT_REASON(OVERLOADED, status);
  EXPECT_EQ(FactsOf(status)["sqlstate"], "53300");
}

}  // namespace
}  // namespace stateserver::postgres
