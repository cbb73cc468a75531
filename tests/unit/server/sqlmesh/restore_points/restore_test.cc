// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/restore.h"

#include "tests/unit/server/operations/helpers.h"

namespace stateserver::restore_points {
namespace {

class RestoreTest : public operations::OperationsTest {
 protected:
  std::string TakePoint() {
    EXPECT_OK(operations::EnsureSchema(*Acquire()));
    auto writer = Acquire();
    EXPECT_OK(writer->Begin(postgres::Isolation::kReadCommitted));
    auto point = TakeRestorePoint(*writer, *pool_, {}, {"sqlmesh", "test", ""});
    EXPECT_OK(point.status());
    EXPECT_OK(writer->Commit());
    return point->id;
  }

  absl::StatusOr<operations::Outcome<RestoreResult>> Run(const std::string& point,
                                                         const std::string& id = operations::kId) {
    StateChangeOptions options;
    options.gateway = "prod";
    options.schema = "sqlmesh";
    options.operation_id = id;
    options.lock_timeout = absl::Milliseconds(300);
    steps_ = 0;
    return RunRestore(*pool_, call_, options, point,
                      [&](std::string_view, int64_t, int64_t) { ++steps_; });
  }

  CallContext call_;
  int steps_ = 0;
};

TEST_F(RestoreTest, RestoresAndCanBeUndone) {
  CreateState(10);
  std::string first = Digest();
  std::string point = TakePoint();
  ASSERT_OK(Acquire()->Execute("DELETE FROM sqlmesh._snapshots WHERE identifier > '5'"));
  std::string second = Digest();
  auto outcome = Run(point);
  ASSERT_OK(outcome.status());
  EXPECT_EQ(Digest(), first);
  EXPECT_EQ(outcome->result.restored.id, point);
  EXPECT_EQ(outcome->operation.status, operations::OperationStatus::kSucceeded);
  EXPECT_NE(outcome->operation.restore_point_id, "");
  EXPECT_GT(steps_, 3);
  ASSERT_OK(
      Run(outcome->operation.restore_point_id, "22222222-2222-4333-8444-555555555555").status());
  EXPECT_EQ(Digest(), second);
}

TEST_F(RestoreTest, ARetryAnswersWithoutRunningAgain) {
  CreateState(3);
  std::string point = TakePoint();
  auto first = Run(point);
  ASSERT_OK(first.status());
  ASSERT_OK(Acquire()->Execute("DELETE FROM sqlmesh._snapshots"));
  auto again = Run(point);
  ASSERT_OK(again.status());
  EXPECT_EQ(again->operation.restore_point_id, first->operation.restore_point_id);
  EXPECT_EQ(again->result.restored.snapshots, 3);
  EXPECT_EQ(again->operation.finished_ts, first->operation.finished_ts);
  EXPECT_EQ(Ask("SELECT count(*) FROM sqlmesh._snapshots"), "0");
  // Even when the point is gone by now.
  ASSERT_OK(
      Acquire()->Execute("DELETE FROM stateserver.restore_points WHERE id = '" + point + "'"));
  EXPECT_OK(Run(point).status());
}

TEST_F(RestoreTest, ARefusalDoesNotCreateTheSchema) {
  CreateState(1);
  EXPECT_REASON(RESTORE_POINT_NOT_FOUND, Run(operations::kId).status());
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'stateserver'"), "0");
}

TEST_F(RestoreTest, ALockedStateIsLeftAsItIs) {
  CreateState(3);
  std::string point = TakePoint();
  auto holder = Acquire();
  ASSERT_OK(holder->Begin(postgres::Isolation::kReadCommitted));
  ASSERT_OK(holder->Execute("DELETE FROM sqlmesh._snapshots WHERE identifier = '1'"));
  absl::Status status = Run(point).status();
  EXPECT_REASON(LOCK_TIMEOUT, status);
  EXPECT_EQ(FactsOf(status)["holder_pid"], std::to_string(holder->backend_pid()));
  EXPECT_EQ(FactsOf(status)["operation"], operations::kId);
  EXPECT_EQ(Get().status, operations::OperationStatus::kRefused);
  EXPECT_EQ(Get().error_reason, "LOCK_TIMEOUT");
  holder->Rollback();
  EXPECT_OK(Run(point).status());
}

TEST_F(RestoreTest, AFailureLeavesNothing) {
  CreateState(30, 2000);
  std::string point = TakePoint();
  ASSERT_OK(Acquire()->Execute(
      "DELETE FROM sqlmesh._snapshots WHERE identifier > '5';"
      "ALTER TABLE sqlmesh._snapshots ADD CHECK (identifier < '5' OR identifier = '5')"));
  std::string before = Digest();
  EXPECT_REASON(DATABASE_ERROR, Run(point).status());
  EXPECT_EQ(Digest(), before);
  EXPECT_EQ(Get().status, operations::OperationStatus::kFailed);
  EXPECT_EQ(ListRestorePoints(*Acquire(), "sqlmesh")->size(), 1u);
}

}  // namespace
}  // namespace stateserver::restore_points
