// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/session.h"

#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::postgres {
namespace {

class SessionTest : public DatabaseTest {};

TEST_F(SessionTest, QueriesWithParameters) {
  auto session = Acquire();
  auto result = session->Query("SELECT $1::text, $2::text, $3::bigint, $3 = 7, NULL::bigint",
                               {"a'\"\\ä\n", std::nullopt, "7"});
  ASSERT_OK(result.status());
  ASSERT_EQ(result->rows(), 1u);
  EXPECT_EQ(result->Text(0, 0), "a'\"\\ä\n");
  EXPECT_TRUE(result->IsNull(0, 1));
  EXPECT_EQ(result->OptionalText(0, 1), std::nullopt);
  EXPECT_EQ(result->Int(0, 2), 7);
  EXPECT_TRUE(result->Bool(0, 3));
  EXPECT_EQ(result->OptionalInt(0, 4), std::nullopt);
}

TEST_F(SessionTest, TextOutlivesTheQueryThatMadeIt) {
  auto session = Acquire();
  auto first = session->Query("SELECT 'first'");
  ASSERT_OK(first.status());
  std::string_view text = first->Text(0, 0);
  ASSERT_OK(session->Query("SELECT 'second'").status());
  EXPECT_EQ(text, "first");
}

TEST_F(SessionTest, PreparesStatementsWithLongCommonBeginnings) {
  auto session = Acquire();
  std::string spaces(100, ' ');
  for (int round = 0; round < 2; ++round) {
    auto one = session->QueryPrepared("SELECT" + spaces + "1 + $1::int", {"1"});
    auto two = session->QueryPrepared("SELECT" + spaces + "2 + $1::int", {"1"});
    ASSERT_OK(one.status());
    ASSERT_OK(two.status());
    EXPECT_EQ(one->Int(0, 0), 2);
    EXPECT_EQ(two->Int(0, 0), 3);
  }
}

TEST_F(SessionTest, PreparesAgainAfterAFailedTransaction) {
  auto session = Acquire();
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  EXPECT_FALSE(session->QueryPrepared("SELECT * FROM missing").ok());
  EXPECT_FALSE(session->QueryPrepared("SELECT 5").ok());
  session->Rollback();
  auto result = session->QueryPrepared("SELECT 5");
  ASSERT_OK(result.status());
  EXPECT_EQ(result->Int(0, 0), 5);
}

TEST_F(SessionTest, CommitsAndRollsBack) {
  auto session = Acquire();
  ASSERT_OK(session->Execute("CREATE TABLE t (a int)"));
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  EXPECT_TRUE(session->in_transaction());
  ASSERT_OK(session->Execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"));
  ASSERT_OK(session->Commit());
  EXPECT_FALSE(session->in_transaction());
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  auto inserted = session->Query("INSERT INTO t VALUES (3)");
  ASSERT_OK(inserted.status());
  EXPECT_EQ(inserted->affected_rows(), 1);
  session->Rollback();
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "2");
}

TEST_F(SessionTest, CommitOfAFailedTransactionIsAnError) {
  auto session = Acquire();
  ASSERT_OK(session->Execute("CREATE TABLE t (a int)"));
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  ASSERT_OK(session->Execute("INSERT INTO t VALUES (1)"));
  EXPECT_FALSE(session->Execute("SELECT 1 / 0").ok());
  EXPECT_REASON(DATABASE_ERROR, session->Commit());
  EXPECT_FALSE(session->in_transaction());
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "0");
}

TEST_F(SessionTest, ReadOnlyTransactionsSeeOneInstantAndRefuseWrites) {
  auto session = Acquire();
  ASSERT_OK(session->Execute("CREATE TABLE t (a int)"));
  ASSERT_OK(session->Begin(Isolation::kRepeatableReadReadOnly));
  ASSERT_OK(session->Query("SELECT count(*) FROM t").status());
  ASSERT_OK(Acquire()->Execute("INSERT INTO t VALUES (1)"));
  auto count = session->Query("SELECT count(*) FROM t");
  ASSERT_OK(count.status());
  EXPECT_EQ(count->Int(0, 0), 0);
  absl::Status status = session->Execute("INSERT INTO t VALUES (2)");
  EXPECT_REASON(DATABASE_ERROR, status);
  EXPECT_EQ(FactsOf(status)["sqlstate"], "25006");
}

TEST_F(SessionTest, SetsUpTheConnection) {
  EXPECT_EQ(Ask("SHOW application_name"), "stateserver");
  EXPECT_EQ(Ask("SHOW client_encoding"), "UTF8");
  EXPECT_EQ(Ask("SHOW default_toast_compression"), "lz4");
  EXPECT_EQ(Ask("SHOW standard_conforming_strings"), "on");
}

TEST_F(SessionTest, GivesTheSqlstateOfEveryError) {
  auto session = Acquire();
  ASSERT_OK(session->Execute("CREATE TABLE t (a int PRIMARY KEY)"));
  auto sqlstate = [&](const std::string& sql) {
    return FactsOf(session->Execute(sql))["sqlstate"];
  };
  EXPECT_EQ(sqlstate("SELECT * FROM missing"), "42P01");
  EXPECT_EQ(sqlstate("INSERT INTO t VALUES (1), (1)"), "23505");
  EXPECT_EQ(sqlstate("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"), "40001");
  EXPECT_EQ(sqlstate("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$"), "40P01");
  EXPECT_EQ(FactsOf(session->CopyOut("missing", nullptr))["sqlstate"], "42P01");
  // The error of one statement does not stick to the next.
  EXPECT_OK(session->Execute("SELECT 1"));
}

TEST_F(SessionTest, ALostBackendIsNamedAndNotReplacedSilently) {
  auto session = Acquire();
  std::string pid = std::to_string(session->backend_pid());
  ASSERT_EQ(Ask("SELECT pg_terminate_backend(" + pid + ", 5000)"), "t");
  absl::Status status = session->Execute("SELECT 1");
  EXPECT_REASON(DATABASE_LOST, status);
  EXPECT_NE(MessageOf(status).find(database_), std::string::npos);
  EXPECT_REASON(DATABASE_LOST, session->Execute("SELECT 1"));
  EXPECT_FALSE(session->in_transaction());
}

TEST_F(SessionTest, ABackendLostBeforeTheCommitLeavesNoDoubt) {
  auto session = Acquire();
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  ASSERT_OK(session->Execute("CREATE TABLE t (a int)"));
  std::string pid = std::to_string(session->backend_pid());
  ASSERT_EQ(Ask("SELECT pg_terminate_backend(" + pid + ", 5000)"), "t");
  EXPECT_REASON(DATABASE_LOST, session->Commit());
}

TEST_F(SessionTest, ABackendLostDuringTheCommitLeavesDoubt) {
  auto session = Acquire();
  // A deferred trigger runs inside COMMIT and ends its own backend.
  ASSERT_OK(session->Execute(
      "CREATE TABLE t (a int);"
      "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NEW; END $$;"
      "CREATE CONSTRAINT TRIGGER d AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED"
      " FOR EACH ROW EXECUTE FUNCTION die()"));
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  ASSERT_OK(session->Execute("INSERT INTO t VALUES (1)"));
  EXPECT_REASON(COMMIT_IN_DOUBT, session->Commit());
}

TEST_F(SessionTest, AnErrorOfTheCommitIsDefinite) {
  auto session = Acquire();
  ASSERT_OK(session->Execute("CREATE TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)"));
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  ASSERT_OK(session->Execute("INSERT INTO t VALUES (1), (1)"));
  absl::Status status = session->Commit();
  EXPECT_REASON(DATABASE_ERROR, status);
  EXPECT_EQ(FactsOf(status)["sqlstate"], "23505");
  EXPECT_FALSE(session->in_transaction());
}

TEST_F(SessionTest, AMissingRightPrintsTheGrant) {
  auto session = Acquire();
  ASSERT_OK(session->Execute(
      "CREATE SCHEMA s; CREATE TABLE s.t (a int); DROP ROLE IF EXISTS weak; CREATE ROLE weak;"));
  ASSERT_OK(session->Execute("SET ROLE weak"));
  absl::Status status = session->Execute("SELECT * FROM s.t");
  EXPECT_REASON(PERMISSION_MISSING, status);
  EXPECT_NE(HintOf(status).find("GRANT USAGE, CREATE ON SCHEMA \"s\" TO \"postgres\";"),
            std::string::npos)
      << HintOf(status);
  status = session->Execute("CREATE SCHEMA other");
  EXPECT_NE(HintOf(status).find("GRANT CREATE ON DATABASE \"" + database_ + "\""),
            std::string::npos)
      << HintOf(status);
  ASSERT_OK(session->Execute("RESET ROLE; DROP ROLE weak"));
}

TEST_F(SessionTest, ATransactionIsRolledBackUnlessCommitted) {
  auto session = Acquire();
  ASSERT_OK(session->Execute("CREATE TABLE t (n int)"));
  {
    auto transaction = Transaction::Begin(*session, Isolation::kReadCommitted);
    ASSERT_OK(transaction.status());
    ASSERT_OK(session->Execute("INSERT INTO t VALUES (1)"));
  }
  EXPECT_FALSE(session->in_transaction());
  {
    auto begun = Transaction::Begin(*session, Isolation::kReadCommitted);
    ASSERT_OK(begun.status());
    Transaction moved = *std::move(begun);
    ASSERT_OK(session->Execute("INSERT INTO t VALUES (2)"));
    ASSERT_OK(moved.Commit());
    // What begins afterwards is not the transaction's.
    ASSERT_OK(session->Begin(Isolation::kReadCommitted));
    ASSERT_OK(session->Execute("INSERT INTO t VALUES (3)"));
  }
  ASSERT_TRUE(session->in_transaction());
  ASSERT_OK(session->Commit());
  EXPECT_EQ(Ask("SELECT string_agg(n::text, ',' ORDER BY n) FROM t"), "2,3");
}

TEST_F(SessionTest, ATransactionThatFailedIsRolledBack) {
  auto session = Acquire();
  {
    auto transaction = Transaction::Begin(*session, Isolation::kReadCommitted);
    ASSERT_OK(transaction.status());
    EXPECT_FALSE(session->Execute("SELECT 1/0").ok());
    EXPECT_REASON(DATABASE_ERROR, transaction->Commit());
  }
  EXPECT_FALSE(session->in_transaction());
}

}  // namespace
}  // namespace stateserver::postgres
