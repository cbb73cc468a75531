// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/row_buffer.h"

#include <optional>
#include <string>

#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::postgres {
namespace {

TEST(CopyLineTest, SeparatesAndEscapesFields) {
  EXPECT_EQ(CopyLine().Text("a\tb\\").Text("").Int(-7).Bool(true).Bool(false).Take(),
            "a\\tb\\\\\t\t-7\tt\tf");
}

TEST(CopyLineTest, AbsentValuesAreNull) {
  CopyLine line;
  line.Text(std::optional<std::string>()).Text(std::optional<std::string_view>());
  line.Int(std::nullopt).Bool(std::nullopt).Null();
  EXPECT_EQ(line.Take(), "\\N\t\\N\t\\N\t\\N\t\\N");
}

TEST(CopyLineTest, PresentValuesAreWritten) {
  CopyLine line;
  line.Text(std::optional<std::string>("\\N")).Int(std::optional<int64_t>(3));
  line.Bool(std::optional<bool>(false));
  EXPECT_EQ(line.Take(), "\\\\N\t3\tf");
}

class RowBufferTest : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    session_ = Acquire();
    ASSERT_OK(session_->Execute("CREATE TABLE t (n bigint, a text)"));
  }

  std::unique_ptr<Session> session_;
};

TEST_F(RowBufferTest, SendsRowsWhenFlushed) {
  RowBuffer rows(*session_, "t (n, a)");
  ASSERT_OK(rows.Flush());
  ASSERT_OK(rows.Add(CopyLine().Int(1).Text("x\ny")));
  ASSERT_OK(rows.Add(CopyLine().Int(2).Null()));
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "0");
  ASSERT_OK(rows.Flush());
  ASSERT_OK(rows.Flush());
  EXPECT_EQ(Ask("SELECT string_agg(n || coalesce(a, '-'), ',' ORDER BY n) FROM t"), "1x\ny,2-");
}

TEST_F(RowBufferTest, SendsManyRowsAtOnce) {
  const std::string long_text(600 << 10, 'x');
  RowBuffer rows(*session_, "t (n, a)");
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK(rows.Add(CopyLine().Int(i).Text(long_text)));
    // The session is free between two rows.
    ASSERT_OK(session_->Query("SELECT 1").status());
  }
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "4");
  ASSERT_OK(rows.Flush());
  EXPECT_EQ(Ask("SELECT sum(length(a)) FROM t"), std::to_string(5 * long_text.size()));
}

TEST_F(RowBufferTest, DiscardsRowsThatWereNotFlushed) {
  {
    RowBuffer rows(*session_, "t (n, a)");
    ASSERT_OK(rows.Add(CopyLine().Int(1).Null()));
  }
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "0");
}

TEST_F(RowBufferTest, ReturnsTheDatabaseError) {
  RowBuffer rows(*session_, "t (n, a)");
  ASSERT_OK(rows.Add(CopyLine().Text("no number").Null()));
  EXPECT_REASON(DATABASE_ERROR, rows.Flush());
}

}  // namespace
}  // namespace stateserver::postgres
