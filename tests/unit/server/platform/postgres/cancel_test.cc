// SPDX-License-Identifier: Apache-2.0
//
// Deadlines and cancellation in every call that can block.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::postgres {
namespace {

class CancelTest : public DatabaseTest {
 protected:
  // Connects once, which may take longer than the deadlines below.
  void SetUp() override {
    DatabaseTest::SetUp();
    Acquire();
  }

  static CallContext Until(absl::Duration duration) {
    CallContext context;
    context.deadline = absl::Now() + duration;
    return context;
  }

  void WaitUntilGone(int pid, absl::Duration limit) {
    std::string sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(pid);
    absl::Time end = absl::Now() + limit;
    while (Ask(sql) != "0" && absl::Now() < end) absl::SleepFor(absl::Milliseconds(50));
    EXPECT_EQ(Ask(sql), "0");
  }
};

TEST_F(CancelTest, ADeadlineEndsAStatement) {
  auto session = Acquire(Until(absl::Milliseconds(200)));
  absl::Time start = absl::Now();
  EXPECT_REASON(DEADLINE_EXCEEDED, session->Execute("SELECT pg_sleep(30)"));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  // Nothing more is started.
  EXPECT_REASON(DEADLINE_EXCEEDED, session->Execute("SELECT 1"));
}

TEST_F(CancelTest, ACancellationEndsAWaitForALock) {
  auto holder = Acquire();
  ASSERT_OK(holder->Execute("CREATE TABLE t (a int)"));
  ASSERT_OK(holder->Begin(Isolation::kReadCommitted));
  ASSERT_OK(holder->Execute("LOCK TABLE t"));
  std::atomic<bool> gone = false;
  CallContext context;
  context.cancelled = [&] { return gone.load(); };
  auto session = Acquire(context);
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  std::thread leaver([&] {
    absl::SleepFor(absl::Milliseconds(200));
    gone = true;
  });
  absl::Time start = absl::Now();
  EXPECT_REASON(CANCELLED, session->Execute("INSERT INTO t VALUES (1)"));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  leaver.join();
}

TEST_F(CancelTest, AnInterruptedConnectionIsNotLentAgain) {
  auto session = Acquire(Until(absl::Milliseconds(100)));
  int pid = session->backend_pid();
  EXPECT_REASON(DEADLINE_EXCEEDED, session->Execute("SELECT pg_sleep(30)"));
  session.reset();
  EXPECT_NE(Acquire()->backend_pid(), pid);
}

TEST_F(CancelTest, ADeadlineEndsACopyOut) {
  auto session = Acquire(Until(absl::Milliseconds(200)));
  absl::Time start = absl::Now();
  absl::Status status = session->CopyOut("(SELECT generate_series(1, 1000000000))",
                                         [](std::string_view) { return absl::OkStatus(); });
  EXPECT_REASON(DEADLINE_EXCEEDED, status);
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
}

// The sink hangs without looking at the context: the backend must not hold its
// transaction open for that long.
void StalledSink(Session& session, const std::function<void()>& check) {
  bool first = true;
  absl::Status status = session.CopyOut(
      "(SELECT repeat('x', 1000) FROM generate_series(1, 1000000))", [&](std::string_view) {
        if (std::exchange(first, false)) check();
        return absl::OkStatus();
      });
  EXPECT_REASON(DEADLINE_EXCEEDED, status);
}

TEST_F(CancelTest, AStalledSinkDoesNotHoldTheBackend) {
  auto session = Acquire(Until(absl::Milliseconds(200)));
  int pid = session->backend_pid();
  StalledSink(*session, [&] { WaitUntilGone(pid, absl::Seconds(6)); });
}

TEST_F(CancelTest, AStalledSinkDoesNotHoldTheBackendOverTcp) {
  PoolOptions options;
  options.conninfo = testing::PostgresCluster::Shared().TcpConninfo(database_);
  Pool pool(options);
  ASSERT_OK(pool.Acquire({}).status());
  auto session = pool.Acquire(Until(absl::Milliseconds(300)));
  ASSERT_OK(session.status());
  int pid = (*session)->backend_pid();
  StalledSink(**session, [&] { WaitUntilGone(pid, absl::Seconds(6)); });
}

TEST_F(CancelTest, ACommitIsNotCancelled) {
  auto setup = Acquire();
  ASSERT_OK(
      setup->Execute("CREATE TABLE t (a int);"
                     "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                     " PERFORM pg_sleep(1); RETURN NEW; END $$;"
                     "CREATE CONSTRAINT TRIGGER d AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED"
                     " FOR EACH ROW EXECUTE FUNCTION slow()"));
  auto session = Acquire(Until(absl::Milliseconds(500)));
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  ASSERT_OK(session->Execute("INSERT INTO t VALUES (1)"));
  EXPECT_OK(session->Commit());
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "1");
}

TEST_F(CancelTest, ACommitAfterTheDeadlineIsARollback) {
  auto session = Acquire(Until(absl::Milliseconds(200)));
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  ASSERT_OK(session->Execute("CREATE TABLE t (a int)"));
  absl::SleepFor(absl::Milliseconds(250));
  EXPECT_REASON(DEADLINE_EXCEEDED, session->Commit());
  EXPECT_EQ(Ask("SELECT to_regclass('t') IS NULL"), "t");
}

TEST_F(CancelTest, ACancelByAnotherSessionIsNamed) {
  auto session = Acquire();
  std::string pid = std::to_string(session->backend_pid());
  std::thread other([&] {
    absl::SleepFor(absl::Milliseconds(200));
    Ask("SELECT pg_cancel_backend(" + pid + ")");
  });
  absl::Status status = session->Execute("SELECT pg_sleep(30)");
  EXPECT_REASON(CANCELLED, status);
  EXPECT_EQ(FactsOf(status)["sqlstate"], "57014");
  other.join();
}

TEST_F(CancelTest, AServerThatNeverAnswersDoesNotHoldTheCall) {
  // Accepts connections by the kernel's backlog alone.
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 5), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  PoolOptions options;
  options.conninfo =
      "host=127.0.0.1 dbname=x user=y port=" + std::to_string(ntohs(address.sin_port));
  Pool pool(options);
  absl::Time start = absl::Now();
  EXPECT_REASON(DEADLINE_EXCEEDED, pool.Acquire(Until(absl::Milliseconds(300))).status());
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  close(listener);
}

// Stops the backend as a frozen host would: it answers nothing, not even the
// cancel request.
TEST_F(CancelTest, AFrozenBackendDoesNotHoldTheCall) {
  auto session = Acquire(Until(absl::Milliseconds(300)));
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  pid_t pid = session->backend_pid();
  ASSERT_EQ(kill(pid, SIGSTOP), 0);
  absl::Time start = absl::Now();
  EXPECT_REASON(DEADLINE_EXCEEDED, session->Execute("SELECT 1"));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  session.reset();
  kill(pid, SIGCONT);
}

}  // namespace
}  // namespace stateserver::postgres
