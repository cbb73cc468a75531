// SPDX-License-Identifier: Apache-2.0
//
// What every session is set to before its first use.
#include "server/platform/postgres/connection.h"
#include "server/platform/postgres/error_mapping.h"
#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::postgres {
namespace {

class SetUpTest : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    Renew();
  }
  // A pool as the server has it, without the helpers' own settings; over TCP, where
  // keepalives are.
  void Renew() {
    PoolOptions options;
    options.conninfo = testing::PostgresCluster::Shared().TcpConninfo(database_);
    pool_ = std::make_unique<Pool>(options);
  }
  // As the role's administrator would; holds for sessions that begin later.
  void SetForDatabase(const std::string& setting) {
    ASSERT_OK(Acquire()->Execute("ALTER DATABASE " + QuoteName(database_) + " SET " + setting));
    Renew();
  }
  std::string Show(const std::string& setting) { return Ask("SHOW " + setting); }
};

TEST_F(SetUpTest, NamesAreLookedUpInPostgresqlAlone) {
  EXPECT_EQ(Show("search_path"), "pg_catalog, pg_temp");
  SetForDatabase("search_path = public, pg_catalog");
  EXPECT_EQ(Show("search_path"), "pg_catalog, pg_temp");
}

TEST_F(SetUpTest, BoundsWhatADatabaseLeavesOpen) {
  EXPECT_EQ(Show("idle_in_transaction_session_timeout"), "2min");
  SetForDatabase("idle_in_transaction_session_timeout = '1h'");
  EXPECT_EQ(Show("idle_in_transaction_session_timeout"), "2min");
}

TEST_F(SetUpTest, KeepsAStricterBound) {
  SetForDatabase("idle_in_transaction_session_timeout = '3s'");
  EXPECT_EQ(Show("idle_in_transaction_session_timeout"), "3s");
}

TEST_F(SetUpTest, CommitsAtLeastToDisk) {
  EXPECT_EQ(Show("synchronous_commit"), "on");
  for (const char* weak : {"off", "local", "remote_write"}) {
    SetForDatabase(std::string("synchronous_commit = ") + weak);
    EXPECT_EQ(Show("synchronous_commit"), "on") << weak;
  }
  SetForDatabase("synchronous_commit = remote_apply");
  EXPECT_EQ(Show("synchronous_commit"), "remote_apply");
}

TEST_F(SetUpTest, PostgresqlLooksAfterItsEndOfTheConnection) {
  EXPECT_EQ(Show("tcp_keepalives_idle"), "15");
  EXPECT_EQ(Show("tcp_keepalives_interval"), "5");
  EXPECT_EQ(Show("tcp_keepalives_count"), "3");
  EXPECT_EQ(Show("tcp_user_timeout"), "30000");
  SetForDatabase("tcp_keepalives_idle = 7");
  EXPECT_EQ(Show("tcp_keepalives_idle"), "7");
}

TEST_F(SetUpTest, KeepalivesFitIntoTheLimit) {
  TcpLimits limits = TcpLimitsFor(absl::Seconds(30));
  EXPECT_EQ(limits.idle_seconds, 15);
  EXPECT_EQ(limits.interval_seconds, 5);
  EXPECT_EQ(limits.idle_seconds + limits.count * limits.interval_seconds, 30);
  EXPECT_EQ(limits.user_timeout_ms, 30'000);
  EXPECT_EQ(TcpLimitsFor(absl::Milliseconds(1)).idle_seconds, 2);
}

TEST_F(SetUpTest, ALostBackendIsEndedAndAnotherIsNot) {
  auto other = Acquire();
  auto held = Acquire();
  std::string pid = std::to_string(held->backend_pid());
  EXPECT_FALSE(held->lost());
  EndLostBackend(*other, *held);
  ASSERT_OK(held->Execute("SELECT 1"));
  std::string began = held->backend_start();
  EXPECT_FALSE(began.empty());
  held->Close();
  EXPECT_TRUE(held->lost());
  EndLostBackend(*other, *held);
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid), "0");
}

}  // namespace
}  // namespace stateserver::postgres
