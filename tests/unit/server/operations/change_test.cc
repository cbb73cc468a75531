// SPDX-License-Identifier: Apache-2.0

#include "server/operations/change.h"

#include "server/operations/audit.h"
#include "tests/unit/server/operations/helpers.h"

namespace stateserver::operations {
namespace {

struct Counted {
  int64_t rows = 0;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("rows", self.rows);
  }
};

class FakeRestorePoints final : public RestorePoints {
 public:
  absl::StatusOr<std::string> Take(postgres::Session&, const OperationRequest& request) override {
    taken_for.push_back(request.kind);
    return "point";
  }
  std::vector<std::string> RemoveSurplus() override {
    ++removals;
    return {"old"};
  }

  std::vector<std::string> taken_for;
  int removals = 0;
};

class ChangeTest : public OperationsTest {
 protected:
  ChangeTest() { call_.principal = "alice"; }

  static ChangeRequest Wanted(const std::string& id = kId) { return {Request(id), false}; }

  // Writes one row, in the transaction of the change.
  static absl::Status Work(Change& change, Counted* result) {
    RETURN_IF_ERROR(change.session().Begin(postgres::Isolation::kReadCommitted));
    RETURN_IF_ERROR(change.session().Execute("INSERT INTO work VALUES (1)"));
    result->rows = 1;
    return absl::OkStatus();
  }

  absl::StatusOr<Outcome<Counted>> Run(
      ChangeRequest request, const Change::Check& check = Allow,
      const std::function<absl::Status(Change&, Counted*)>& work = Work) {
    EXPECT_OK(Acquire()->Execute("CREATE TABLE IF NOT EXISTS work (n int)"));
    return RunChange<Counted>(*pool_, call_, std::move(request), check, work);
  }

  static absl::Status Allow(postgres::Session&) { return absl::OkStatus(); }
  static absl::Status Refuse(postgres::Session&) {
    return Error(Reason::NOT_MIGRATED, "There is no state.");
  }

  // The events of all operations, oldest first: "began succeeded".
  std::string Trail() {
    auto page = ReadAudit(*Acquire(), "sqlmesh", {}, 0, "");
    EXPECT_OK(page.status());
    std::string out;
    for (const AuditEvent& event : page->events) out += (out.empty() ? "" : " ") + event.event;
    return out;
  }
  std::string Rows() { return Ask("SELECT count(*) FROM work"); }

  CallContext call_;
};

TEST_F(ChangeTest, RecordsItsResultWithTheWork) {
  auto outcome = Run(Wanted());
  ASSERT_OK(outcome.status());
  EXPECT_FALSE(outcome->replayed);
  EXPECT_EQ(outcome->operation.details_json, "{\"rows\":1}");
  EXPECT_EQ(outcome->operation.principal, "alice");
  EXPECT_EQ(Rows(), "1");
  EXPECT_EQ(Trail(), "began succeeded");
}

TEST_F(ChangeTest, ReplaysAnEarlierSuccessWithoutItsChecks) {
  ASSERT_OK(Run(Wanted()).status());
  auto again = Run(Wanted(), Refuse);
  ASSERT_OK(again.status());
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->result.rows, 1);
  EXPECT_EQ(Rows(), "1");
  EXPECT_EQ(Trail(), "began succeeded");
}

TEST_F(ChangeTest, RecordsARefusalOfTheChecks) {
  ASSERT_OK(EnsureSchema(*Acquire()));
  absl::Status refused = Run(Wanted(), Refuse).status();
  EXPECT_REASON(NOT_MIGRATED, refused);
  EXPECT_EQ(FactsOf(refused)["operation"], kId);
  EXPECT_EQ(Get().status, OperationStatus::kRefused);
  EXPECT_EQ(Trail(), "refused");
  EXPECT_EQ(Rows(), "0");
}

TEST_F(ChangeTest, ARefusalDoesNotCreateTheSchema) {
  EXPECT_REASON(NOT_MIGRATED, Run(Wanted(), Refuse).status());
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'stateserver'"), "0");
}

TEST_F(ChangeTest, RecordsAnIdThatIsNoUuidUnderAnother) {
  ASSERT_OK(EnsureSchema(*Acquire()));
  EXPECT_REASON(ARGUMENT_INVALID, Run(Wanted("mine")).status());
  EXPECT_EQ(Trail(), "refused");
}

TEST_F(ChangeTest, RecordsAnIdOfAnotherCall) {
  ASSERT_OK(Run(Wanted()).status());
  ChangeRequest other = Wanted();
  other.operation.kind = "migrate";
  EXPECT_REASON(OPERATION_ID_REUSED, Run(std::move(other)).status());
  EXPECT_EQ(Get().status, OperationStatus::kSucceeded);
  EXPECT_EQ(Trail(), "began succeeded refused");
}

TEST_F(ChangeTest, RecordsAnErrorOfTheWork) {
  absl::Status failed = Run(Wanted(), Allow, [](Change& change, Counted* result) {
                          RETURN_IF_ERROR(Work(change, result));
                          return Error(Reason::INTERNAL, "A fault.");
                        }).status();
  EXPECT_REASON(INTERNAL, failed);
  EXPECT_EQ(FactsOf(failed)["operation"], kId);
  EXPECT_EQ(Get().status, OperationStatus::kFailed);
  EXPECT_EQ(Trail(), "began failed");
  EXPECT_EQ(Rows(), "0");
}

TEST_F(ChangeTest, RecordsThatItWasDropped) {
  {
    auto change = Change::Begin(*pool_, call_, Wanted(), Allow);
    ASSERT_OK(change.status());
  }
  EXPECT_EQ(Get().status, OperationStatus::kFailed);
  EXPECT_EQ(Get().error_reason, "CANCELLED");
  EXPECT_EQ(Trail(), "began failed");
}

TEST_F(ChangeTest, RunsAgainAfterAnError) {
  EXPECT_REASON(INTERNAL, Run(Wanted(), Allow, [](Change&, Counted*) {
                            return Error(Reason::INTERNAL, "A fault.");
                          }).status());
  ASSERT_OK(Run(Wanted()).status());
  EXPECT_EQ(Trail(), "began failed began succeeded");
}

TEST_F(ChangeTest, TakesARestorePointAndRemovesSurplusOnes) {
  FakeRestorePoints points;
  auto with_point = [&](Change& change, Counted* result) -> absl::Status {
    RETURN_IF_ERROR(Work(change, result));
    return change.TakeRestorePoint(points);
  };
  auto outcome = Run(Wanted(), Allow, with_point);
  ASSERT_OK(outcome.status());
  EXPECT_EQ(outcome->operation.restore_point_id, "point");
  EXPECT_EQ(points.taken_for, std::vector<std::string>{"import"});
  EXPECT_EQ(points.removals, 1);
}

TEST_F(ChangeTest, KeepsSurplusRestorePointsAfterAnError) {
  FakeRestorePoints points;
  EXPECT_REASON(INTERNAL, Run(Wanted(), Allow, [&](Change& change, Counted*) -> absl::Status {
                            RETURN_IF_ERROR(change.TakeRestorePoint(points));
                            return Error(Reason::INTERNAL, "A fault.");
                          }).status());
  EXPECT_EQ(points.removals, 0);
}

TEST_F(ChangeTest, ADryRunLeavesNothing) {
  FakeRestorePoints points;
  ChangeRequest request = Wanted("");
  request.dry_run = true;
  auto outcome = Run(std::move(request), Allow, [&](Change& change, Counted* result) {
    RETURN_IF_ERROR(Work(change, result));
    return change.TakeRestorePoint(points);
  });
  ASSERT_OK(outcome.status());
  EXPECT_EQ(outcome->result.rows, 1);
  EXPECT_EQ(outcome->operation.id, "");
  EXPECT_EQ(points.taken_for.size(), 0);
  EXPECT_EQ(Rows(), "0");
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'stateserver'"), "0");
}

}  // namespace
}  // namespace stateserver::operations
