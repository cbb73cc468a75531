// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::postgres {
namespace {

class CopyTest : public DatabaseTest {};

TEST_F(CopyTest, CarriesEveryCharacterThereAndBack) {
  auto session = Acquire();
  ASSERT_OK(session->Execute("CREATE TABLE t (id int, a text, b text)"));
  std::string every;
  for (int c = 1; c < 128; ++c) every.push_back(static_cast<char>(c));
  every += "ä€😀";
  auto copy = session->StartCopyIn("t (id, a, b)");
  ASSERT_OK(copy.status());
  std::string line = "1\t";
  AppendCopyField(every, &line);
  line.push_back('\t');
  AppendCopyNull(&line);
  ASSERT_OK((*copy)->Line(line));
  ASSERT_OK((*copy)->Line("2\t\\\\.\t"));
  ASSERT_OK((*copy)->Finish());
  auto stored = session->Query("SELECT a = $1, b IS NULL FROM t WHERE id = 1", {every});
  ASSERT_OK(stored.status());
  EXPECT_TRUE(stored->Bool(0, 0));
  EXPECT_TRUE(stored->Bool(0, 1));
  std::vector<std::string> lines;
  ASSERT_OK(session->CopyOut("(SELECT id, a, b FROM t ORDER BY id)", [&](std::string_view row) {
    lines.emplace_back(row);
    return absl::OkStatus();
  }));
  EXPECT_EQ(lines, (std::vector<std::string>{line, "2\t\\\\.\t"}));
}

TEST_F(CopyTest, FieldsAreUnescapedAndMayBeNull) {
  auto session = Acquire();
  const std::string odd = "\\\"\n\tä€😀";
  ASSERT_OK(session->Execute("CREATE TABLE t (id int, a text, b text)"));
  ASSERT_OK(session->Query("INSERT INTO t VALUES (1, $1, NULL), (2, '', 'x')", {odd}).status());
  auto rows = session->StartCopyFields("(SELECT id::text, a, b FROM t ORDER BY id)");
  ASSERT_OK(rows.status());
  using Row = std::vector<std::optional<std::string>>;
  std::vector<Row> found;
  ASSERT_OK((*rows)->Read([&](const Fields& fields) {
    found.emplace_back(fields.begin(), fields.end());
    return absl::OkStatus();
  }));
  EXPECT_EQ(found, (std::vector<Row>{{"1", odd, std::nullopt}, {"2", "", "x"}}));
  EXPECT_EQ(ReasonOf((*rows)->Read([](const Fields&) { return absl::OkStatus(); })),
            Reason::INTERNAL);
  EXPECT_OK(session->Query("SELECT 1").status());
}

TEST_F(CopyTest, FieldsOfNoRows) {
  auto session = Acquire();
  auto rows = session->StartCopyFields("(SELECT 'x' WHERE false)");
  ASSERT_OK(rows.status());
  int count = 0;
  ASSERT_OK((*rows)->Read([&](const Fields&) {
    ++count;
    return absl::OkStatus();
  }));
  EXPECT_EQ(count, 0);
}

TEST_F(CopyTest, FieldsThatNobodyReadsAreCancelled) {
  auto session = Acquire();
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  ASSERT_OK(session->StartCopyFields("(SELECT repeat('x', 1000) FROM generate_series(1, 1000000))")
                .status());
  session->Rollback();
  auto one = session->Query("SELECT 1");
  ASSERT_OK(one.status());
  EXPECT_EQ(one->Int(0, 0), 1);
}

TEST_F(CopyTest, AFailingSinkEndsTheFields) {
  auto session = Acquire();
  auto rows = session->StartCopyFields("(SELECT 'x' FROM generate_series(1, 1000000))");
  ASSERT_OK(rows.status());
  absl::Status status =
      (*rows)->Read([](const Fields&) { return Error(Reason::STATE_CORRUPT, "enough"); });
  EXPECT_EQ(ReasonOf(status), Reason::STATE_CORRUPT);
}

TEST_F(CopyTest, AWrongSourceOfFieldsIsTheDatabasesError) {
  auto session = Acquire();
  auto rows = session->StartCopyFields("(SELECT nothing)");
  ASSERT_OK(rows.status());
  EXPECT_EQ(ReasonOf((*rows)->Read([](const Fields&) { return absl::OkStatus(); })),
            Reason::DATABASE_ERROR);
  EXPECT_OK(session->Query("SELECT 1").status());
}

TEST_F(CopyTest, CarriesAHugeField) {
  auto session = Acquire();
  ASSERT_OK(session->Execute("CREATE TABLE t (a text)"));
  std::string huge(100 << 20, 'x');
  huge[12345] = 'y';
  {
    auto copy = session->StartCopyIn("t (a)");
    ASSERT_OK(copy.status());
    ASSERT_OK((*copy)->Line("small"));
    ASSERT_OK((*copy)->Line(huge));
    ASSERT_OK((*copy)->Line("small"));
    ASSERT_OK((*copy)->Finish());
  }
  int rows = 0;
  bool same = false;
  ASSERT_OK(session->CopyOut("t (a)", [&](std::string_view row) {
    ++rows;
    same |= row == huge;
    return absl::OkStatus();
  }));
  EXPECT_EQ(rows, 3);
  EXPECT_TRUE(same);
  // libpq's buffers grew to the row; such a connection is not kept.
  session.reset();
  EXPECT_EQ(pool_->stats().open, 0);
}

TEST_F(CopyTest, AnErrorOfTheSinkEndsTheCopy) {
  auto session = Acquire();
  int rows = 0;
  absl::Status status = session->CopyOut(
      "(SELECT repeat('x', 1000), generate_series(1, 100000000))", [&](std::string_view) {
        return ++rows == 10 ? Error(Reason::INTERNAL, "enough") : absl::OkStatus();
      });
  EXPECT_EQ(MessageOf(status), "enough");
  EXPECT_EQ(rows, 10);
  EXPECT_OK(session->Execute("SELECT 1"));
}

TEST_F(CopyTest, AnErrorInTheMiddleOfCopyOutIsReported) {
  auto session = Acquire();
  int rows = 0;
  absl::Status status = session->CopyOut("(SELECT 1 / (500 - i) FROM generate_series(1, 1000) i)",
                                         [&](std::string_view) {
                                           ++rows;
                                           return absl::OkStatus();
                                         });
  EXPECT_EQ(FactsOf(status)["sqlstate"], "22012") << MessageOf(status);
  EXPECT_EQ(rows, 499);
  EXPECT_OK(session->Execute("SELECT 1"));
}

TEST_F(CopyTest, ABadLineFailsAtTheEndAndLeavesTheSessionUsable) {
  auto session = Acquire();
  ASSERT_OK(session->Execute("CREATE TABLE t (a int)"));
  auto copy = session->StartCopyIn("t (a)");
  ASSERT_OK(copy.status());
  ASSERT_OK((*copy)->Line("no number"));
  absl::Status status = (*copy)->Finish();
  EXPECT_EQ(FactsOf(status)["sqlstate"], "22P02") << MessageOf(status);
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "0");
  EXPECT_OK(session->Execute("SELECT 1"));
}

TEST_F(CopyTest, AnUnfinishedCopyInLeavesNothing) {
  auto session = Acquire();
  ASSERT_OK(session->Execute("CREATE TABLE t (a int)"));
  ASSERT_OK(session->Begin(Isolation::kReadCommitted));
  {
    auto copy = session->StartCopyIn("t (a)");
    ASSERT_OK(copy.status());
    ASSERT_OK((*copy)->Line("1"));
  }
  EXPECT_FALSE(session->Execute("SELECT 1").ok());
  session->Rollback();
  EXPECT_OK(session->Execute("SELECT 1"));
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "0");
}

TEST_F(CopyTest, ABackendLostInTheMiddleIsReported) {
  auto session = Acquire();
  std::string pid = std::to_string(session->backend_pid());
  bool asked = false;
  absl::Status status = session->CopyOut(
      "(SELECT repeat('x', 1000) FROM generate_series(1, 1000000))", [&](std::string_view) {
        if (!std::exchange(asked, true)) Ask("SELECT pg_terminate_backend(" + pid + ")");
        return absl::OkStatus();
      });
  EXPECT_REASON(DATABASE_LOST, status);

  session = Acquire();
  ASSERT_OK(session->Execute("CREATE TABLE t (a text)"));
  auto copy = session->StartCopyIn("t (a)");
  ASSERT_OK(copy.status());
  Ask("SELECT pg_terminate_backend(" + std::to_string(session->backend_pid()) + ", 5000)");
  absl::Status in = absl::OkStatus();
  std::string line(1000, 'x');
  for (int i = 0; i < 100000 && in.ok(); ++i) in = (*copy)->Line(line);
  if (in.ok()) in = (*copy)->Finish();
  EXPECT_REASON(DATABASE_LOST, in);
}

}  // namespace
}  // namespace stateserver::postgres
