// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/locks.h"

#include <thread>

#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::postgres {
namespace {

class LocksTest : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    ASSERT_OK(Acquire()->Execute(
        "CREATE SCHEMA sqlmesh; CREATE TABLE sqlmesh._snapshots (a int);"
        "CREATE TABLE sqlmesh._environments (a int); CREATE TABLE sqlmesh._versions (a int)"));
  }

  std::unique_ptr<Session> InTransaction(const std::string& sql = "SELECT 1") {
    auto session = Acquire();
    EXPECT_OK(session->Begin(Isolation::kReadCommitted));
    EXPECT_OK(session->Execute(sql));
    return session;
  }

  absl::Status Lock(Session& session, absl::Duration timeout = absl::Milliseconds(300)) {
    return LockState(session, *pool_, {}, "sqlmesh",
                     {"_snapshots", "_environments", "_intervals", "_versions"}, timeout);
  }
};

TEST_F(LocksTest, KeepsWritersOutAndLetsReadersIn) {
  auto session = InTransaction();
  ASSERT_OK(Lock(*session));
  auto other = Acquire();
  EXPECT_OK(other->Execute("SELECT * FROM sqlmesh._snapshots"));
  ASSERT_OK(other->Execute("SET lock_timeout = 100"));
  EXPECT_REASON(LOCK_TIMEOUT, other->Execute("INSERT INTO sqlmesh._snapshots VALUES (1)"));
  session->Rollback();
  EXPECT_OK(other->Execute("INSERT INTO sqlmesh._snapshots VALUES (1)"));
  other->Close();
}

TEST_F(LocksTest, KeepsReadersOutToo) {
  auto reader = InTransaction("SET LOCAL application_name = 'a reader'");
  ASSERT_OK(reader->Execute("SELECT * FROM sqlmesh._snapshots"));
  auto session = InTransaction();
  std::vector<std::string> tables = {"_environments", "_snapshots"};
  absl::Status status = LockState(*session, *pool_, {}, "sqlmesh", tables, absl::Milliseconds(300),
                                  StateLock::kEverybody);
  EXPECT_REASON(LOCK_TIMEOUT, status);
  EXPECT_NE(MessageOf(status).find("a reader"), std::string::npos) << MessageOf(status);
  // What stands in the way may go on, and write.
  EXPECT_OK(reader->Execute("INSERT INTO sqlmesh._snapshots VALUES (1)"));
  reader->Rollback();
  session->Rollback();
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  ASSERT_OK(LockState(*session, *pool_, {}, "sqlmesh", tables, absl::Milliseconds(300),
                      StateLock::kEverybody));
  auto other = Acquire();
  ASSERT_OK(other->Execute("SET lock_timeout = 100"));
  EXPECT_REASON(LOCK_TIMEOUT, other->Execute("SELECT * FROM sqlmesh._snapshots"));
  other->Close();
}

TEST_F(LocksTest, LeavesNoTimeoutBehind) {
  auto session = InTransaction();
  ASSERT_OK(Lock(*session));
  auto shown = session->Query("SHOW lock_timeout");
  ASSERT_OK(shown.status());
  EXPECT_EQ(shown->Text(0, 0), "0");
}

TEST_F(LocksTest, NamesTheHolderOfATableThatIdlesInItsTransaction) {
  auto holder = InTransaction("SET LOCAL application_name = 'SQLMesh'");
  ASSERT_OK(holder->Execute("INSERT INTO sqlmesh._environments\n   VALUES (7)"));
  absl::SleepFor(absl::Milliseconds(1100));
  auto session = InTransaction();
  absl::Time start = absl::Now();
  absl::Status status = Lock(*session);
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(290));
  EXPECT_REASON(LOCK_TIMEOUT, status);
  std::string pid = std::to_string(holder->backend_pid());
  EXPECT_EQ(FactsOf(status)["holder_pid"], pid);
  EXPECT_EQ(FactsOf(status)["holder_application"], "SQLMesh");
  EXPECT_GE(std::stoi(FactsOf(status)["holder_age_seconds"]), 1);
  EXPECT_EQ(FactsOf(status)["sqlstate"], "55P03");
  for (const std::string& part :
       {"pid " + pid, std::string("\"SQLMesh\""), std::string("'sqlmesh'"), std::string("idle"),
        std::string("INSERT INTO sqlmesh._environments VALUES (7)")}) {
    EXPECT_NE(MessageOf(status).find(part), std::string::npos)
        << part << " in " << MessageOf(status);
  }
}

TEST_F(LocksTest, NamesTheHolderOfTheAdvisoryLock) {
  auto holder = InTransaction();
  ASSERT_OK(Lock(*holder));
  auto session = InTransaction();
  absl::Status status = Lock(*session);
  EXPECT_REASON(LOCK_TIMEOUT, status);
  EXPECT_EQ(FactsOf(status)["holder_pid"], std::to_string(holder->backend_pid()));
  EXPECT_EQ(FactsOf(status)["holder_application"], "stateserver");
}

TEST_F(LocksTest, OtherSchemasDoNotDisturb) {
  auto holder = InTransaction();
  ASSERT_OK(LockState(*holder, *pool_, {}, "other", {"_snapshots"}, absl::Seconds(1)));
  auto session = InTransaction();
  EXPECT_OK(Lock(*session));
}

TEST_F(LocksTest, WaitsForALockThatIsLetGoInTime) {
  auto holder = InTransaction("LOCK TABLE sqlmesh._versions");
  auto session = InTransaction();
  std::thread release([&] {
    absl::SleepFor(absl::Milliseconds(300));
    holder->Rollback();
  });
  EXPECT_OK(Lock(*session, absl::Seconds(5)));
  release.join();
}

// SQLMesh holds one table and then wants another: whoever waits for the first
// while holding the second would make one of the two fail.
TEST_F(LocksTest, DoesNotDeadlockWithAWriterOfEitherOrder) {
  for (const char* order : {"_snapshots _versions", "_versions _snapshots"}) {
    std::string text = order;
    std::string first = text.substr(0, text.find(' ')), second = text.substr(text.find(' ') + 1);
    auto writer = InTransaction("INSERT INTO sqlmesh." + first + " VALUES (1)");
    absl::Status locked;
    std::thread waiter([&] {
      auto session = InTransaction();
      locked = Lock(*session, absl::Seconds(10));
    });
    absl::SleepFor(absl::Milliseconds(300));
    EXPECT_OK(writer->Execute("INSERT INTO sqlmesh." + second + " VALUES (1)"));
    absl::SleepFor(absl::Milliseconds(1500));
    EXPECT_OK(writer->Commit());
    waiter.join();
    EXPECT_OK(locked);
  }
}

TEST_F(LocksTest, AMissingRightPrintsTheGrant) {
  ASSERT_OK(
      Acquire()->Execute("DROP ROLE IF EXISTS weak_locker; CREATE ROLE weak_locker;"
                         "GRANT USAGE ON SCHEMA sqlmesh TO weak_locker;"
                         "GRANT SELECT ON ALL TABLES IN SCHEMA sqlmesh TO weak_locker"));
  auto session = InTransaction("SET LOCAL ROLE weak_locker");
  absl::Status status = Lock(*session);
  EXPECT_REASON(PERMISSION_MISSING, status);
  EXPECT_EQ(HintOf(status),
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \"sqlmesh\" TO"
            " \"postgres\";");
  session->Rollback();
  ASSERT_OK(session->Execute("DROP OWNED BY weak_locker; DROP ROLE weak_locker"));
}

TEST_F(LocksTest, ADeadlineEndsTheWait) {
  auto holder = InTransaction("LOCK TABLE sqlmesh._versions");
  Acquire();  // connects, which may take longer than the deadline
  CallContext context;
  context.deadline = absl::Now() + absl::Milliseconds(200);
  auto session = Acquire(context);
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  EXPECT_REASON(DEADLINE_EXCEEDED,
                LockState(*session, *pool_, context, "sqlmesh", {"_versions"}, absl::Seconds(10)));
}

}  // namespace
}  // namespace stateserver::postgres
