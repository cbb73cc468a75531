// SPDX-License-Identifier: Apache-2.0

#include "server/operations/log.h"

#include <thread>

#include "absl/time/clock.h"
#include "common/uuid.h"
#include "tests/unit/server/operations/helpers.h"

namespace stateserver::operations {
namespace {

class LogTest : public OperationsTest {
 protected:
  // A backend whose connection was closed takes a moment to end, and its locks
  // with it.
  bool LocksEnd() {
    constexpr int kTries = 200;
    for (int i = 0; i < kTries; ++i) {
      if (Ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0") return true;
      absl::SleepFor(absl::Milliseconds(50));
    }
    return false;
  }
};

TEST_F(LogTest, RunningThenSucceeded) {
  auto operation = BeginNew();
  OperationRecord record = Get();
  EXPECT_EQ(record.status, OperationStatus::kRunning);
  EXPECT_EQ(record.kind, "import");
  EXPECT_EQ(record.gateway, "prod");
  EXPECT_EQ(record.principal, "alice");
  EXPECT_GT(record.started_ts, 1700000000000);
  EXPECT_EQ(record.finished_ts, 0);
  ASSERT_OK(operation->session().Begin(postgres::Isolation::kReadCommitted));
  ASSERT_OK(operation->Finish("{\"rows\": 3}", "point"));
  EXPECT_EQ(Get().status, OperationStatus::kRunning);
  auto settled = operation->Settle(operation->session().Commit());
  ASSERT_OK(settled.status());
  operation.reset();
  record = Get();
  EXPECT_EQ(record.status, OperationStatus::kSucceeded);
  EXPECT_EQ(record.details_json, "{\"rows\": 3}");
  EXPECT_EQ(record.restore_point_id, "point");
  EXPECT_GE(record.finished_ts, record.started_ts);
  EXPECT_EQ(settled->finished_ts, record.finished_ts);
}

TEST_F(LogTest, ARepeatedCallGetsTheFirstResult) {
  Succeed(kId, "{\"rows\": 3}");
  OperationRequest again = Request();
  again.arguments_json = "{\"n\":1,\"mode\":\"merge\"}";  // equal as JSON
  auto begun = Begin(*pool_, {}, again);
  ASSERT_OK(begun.status());
  EXPECT_EQ(begun->running, nullptr);
  ASSERT_TRUE(begun->finished.has_value());
  EXPECT_EQ(begun->finished->details_json, "{\"rows\": 3}");
  // No lock is left behind.
  EXPECT_TRUE(LocksEnd());
}

TEST_F(LogTest, AnIdInOtherCaseIsTheSame) {
  Succeed("aaaaaaaa-2222-4333-8444-555555555555");
  auto begun = Begin(*pool_, {}, Request("AAAAAAAA-2222-4333-8444-555555555555"));
  ASSERT_OK(begun.status());
  EXPECT_TRUE(begun->finished.has_value());
}

TEST_F(LogTest, AnIdWithOtherArgumentsIsRefused) {
  Succeed(kId);
  OperationRequest other = Request();
  other.arguments_json = "{\"mode\": \"replace\"}";
  absl::Status status = Begin(*pool_, {}, other).status();
  EXPECT_REASON(OPERATION_ID_REUSED, status);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  other = Request();
  other.kind = "migrate";
  EXPECT_REASON(OPERATION_ID_REUSED, Begin(*pool_, {}, other).status());
  // The same id in another state is another operation.
  other.state_schema = "elsewhere";
  EXPECT_OK(Begin(*pool_, {}, other).status());
}

TEST_F(LogTest, OneThatRunsIsNotRunTwice) {
  auto operation = BeginNew();
  absl::Status status = Begin(*pool_, {}, Request()).status();
  EXPECT_REASON(OPERATION_RUNNING, status);
  EXPECT_EQ(FactsOf(status)["operation"], kId);
  OperationRequest other = Request();
  other.arguments_json = "{}";
  EXPECT_REASON(OPERATION_ID_REUSED, Begin(*pool_, {}, other).status());
}

TEST_F(LogTest, OfManyAtOnceExactlyOneRuns) {
  ASSERT_OK(EnsureSchema(*Acquire()));
  std::vector<std::unique_ptr<RunningOperation>> running(8);
  std::vector<std::thread> threads;
  for (auto& slot : running) {
    threads.emplace_back([&] {
      auto begun = Begin(*pool_, {}, Request());
      if (begun.ok()) slot = std::move(begun->running);
    });
  }
  for (std::thread& thread : threads) thread.join();
  int count = 0;
  for (auto& slot : running) count += slot != nullptr;
  EXPECT_EQ(count, 1);
}

TEST_F(LogTest, ABadIdIsRefused) {
  EXPECT_REASON(ARGUMENT_INVALID, Begin(*pool_, {}, Request("nonsense")).status());
  EXPECT_REASON(ARGUMENT_INVALID, GetOperation(*Acquire(), "sqlmesh", "x").status());
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'stateserver'"), "0");
}

TEST_F(LogTest, FailedAndRefusedAreRecordedAndMayRunAgain) {
  for (auto [reason, status] : {std::pair(Reason::DATABASE_FULL, OperationStatus::kFailed),
                                std::pair(Reason::STATE_CHANGED, OperationStatus::kRefused)}) {
    auto operation = BeginNew();
    ASSERT_OK(operation->session().Begin(postgres::Isolation::kReadCommitted));
    ASSERT_OK(operation->session().Execute("CREATE TABLE left_over (a int)"));
    operation->Fail(Error(reason, "it went wrong"));
    operation.reset();
    OperationRecord record = Get();
    EXPECT_EQ(record.status, status);
    EXPECT_EQ(record.error, "it went wrong");
    EXPECT_EQ(record.error_reason, ReasonName(reason));
    EXPECT_GT(record.finished_ts, 0);
    EXPECT_EQ(Ask("SELECT to_regclass('left_over') IS NULL"), "t");
  }
  EXPECT_EQ(Succeed(kId).status, OperationStatus::kSucceeded);
  EXPECT_EQ(Get().error, "");
}

TEST_F(LogTest, AFailureIsRecordedThoughTheCallIsCancelled) {
  bool gone = false;
  CallContext context;
  context.cancelled = [&] { return gone; };
  auto operation = BeginNew(kId, context);
  ASSERT_OK(operation->session().Begin(postgres::Isolation::kReadCommitted));
  gone = true;
  operation->Fail(Error(Reason::CANCELLED, "gone"));
  operation.reset();
  EXPECT_EQ(Get().status, OperationStatus::kFailed);
  EXPECT_TRUE(LocksEnd());
}

TEST_F(LogTest, OneWhoseBackendDiedIsAbandonedAndMayRunAgain) {
  auto operation = BeginNew();
  std::string pid = std::to_string(operation->session().backend_pid());
  ASSERT_EQ(Ask("SELECT pg_terminate_backend(" + pid + ", 5000)"), "t");
  EXPECT_EQ(Get().status, OperationStatus::kAbandoned);
  auto page = ListOperations(*Acquire(), "sqlmesh", 0, "");
  ASSERT_OK(page.status());
  EXPECT_EQ(page->operations.at(0).status, OperationStatus::kAbandoned);
  operation.reset();
  EXPECT_EQ(Succeed(kId).status, OperationStatus::kSucceeded);
}

TEST_F(LogTest, OneDroppedWithoutAnEndIsAbandoned) {
  BeginNew().reset();
  EXPECT_EQ(Get().status, OperationStatus::kAbandoned);
  EXPECT_EQ(pool_->stats().in_use, 0);
}

// A trigger inside COMMIT ends the backend before the commit is written.
// A pooler that gives the session's statements to another backend, where somebody else holds the
// lock or nobody does.
TEST_F(LogTest, OneThatLostItsLockChangesNothing) {
  auto operation = BeginNew();
  ASSERT_OK(operation->session().Execute("SELECT pg_advisory_unlock_all()"));
  ASSERT_OK(operation->session().Begin(postgres::Isolation::kReadCommitted));
  EXPECT_REASON(POOLER_UNSAFE, operation->Finish("{}", ""));
  operation->session().Rollback();
  auto session = Acquire();
  ASSERT_OK(session->Execute(std::string("SELECT pg_advisory_lock(hashtextextended("
                                         "'stateserver.operation:sqlmesh:") +
                             kId + "', 0))"));
  ASSERT_OK(operation->session().Begin(postgres::Isolation::kReadCommitted));
  EXPECT_REASON(POOLER_UNSAFE, operation->Finish("{}", ""));
  session->Close();
}

TEST_F(LogTest, ACommitInDoubtIsSettledAsLost) {
  ASSERT_OK(Acquire()->Execute(
      "CREATE TABLE t (a int);"
      "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NEW; END $$;"
      "CREATE CONSTRAINT TRIGGER d AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED"
      " FOR EACH ROW EXECUTE FUNCTION die()"));
  auto operation = BeginNew();
  ASSERT_OK(operation->session().Begin(postgres::Isolation::kReadCommitted));
  ASSERT_OK(operation->session().Execute("INSERT INTO t VALUES (1)"));
  ASSERT_OK(operation->Finish("{}", ""));
  absl::Status committed = operation->session().Commit();
  ASSERT_EQ(ReasonOf(committed), Reason::COMMIT_IN_DOUBT);
  auto settled = operation->Settle(committed);
  EXPECT_REASON(DATABASE_LOST, settled.status());
  EXPECT_EQ(Get().status, OperationStatus::kFailed);
}

TEST_F(LogTest, ACommitInDoubtIsSettledAsKept) {
  auto operation = BeginNew();
  ASSERT_OK(operation->session().Begin(postgres::Isolation::kReadCommitted));
  ASSERT_OK(operation->Finish("{\"kept\": true}", ""));
  ASSERT_OK(operation->session().Commit());
  auto settled = operation->Settle(Error(Reason::COMMIT_IN_DOUBT, "the answer was lost"));
  ASSERT_OK(settled.status());
  EXPECT_EQ(settled->details_json, "{\"kept\": true}");
}

TEST_F(LogTest, RefusalsBeforeTheBeginAreRecordedWhereTheSchemaExists) {
  ASSERT_OK(EnsureSchema(*Acquire()));
  RecordRefused(*pool_, Request(), Error(Reason::VERSION_MISMATCH, "other release"));
  EXPECT_EQ(Get().status, OperationStatus::kRefused);
  EXPECT_EQ(Get().error_reason, "VERSION_MISMATCH");
  Succeed(kId);
  RecordRefused(*pool_, Request(), Error(Reason::VERSION_MISMATCH, "other release"));
  EXPECT_EQ(Get().status, OperationStatus::kSucceeded);
}

TEST_F(LogTest, ListsNewestFirstInPages) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(NewUuid());
    Succeed(ids.back());
  }
  // Several in one millisecond must not get lost between pages.
  ASSERT_OK(Acquire()->Execute("UPDATE stateserver.operations SET started_ts = 7"));
  std::vector<std::string> seen;
  std::string token;
  int pages = 0;
  do {
    auto page = ListOperations(*Acquire(), "sqlmesh", 2, token);
    ASSERT_OK(page.status());
    for (const OperationRecord& record : page->operations) seen.push_back(record.id);
    token = page->next_page_token;
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  std::sort(ids.rbegin(), ids.rend());
  EXPECT_EQ(seen, ids);
  EXPECT_TRUE(ListOperations(*Acquire(), "other", 2, "")->operations.empty());
}

TEST_F(LogTest, RefusesBadPages) {
  auto session = Acquire();
  EXPECT_REASON(ARGUMENT_INVALID, ListOperations(*session, "sqlmesh", -1, "").status());
  for (const char* token : {"x", "1", "1.x", ".", "x.11111111-2222-4333-8444-555555555555"}) {
    EXPECT_REASON(ARGUMENT_INVALID, ListOperations(*session, "sqlmesh", 1, token).status());
  }
}

}  // namespace
}  // namespace stateserver::operations
