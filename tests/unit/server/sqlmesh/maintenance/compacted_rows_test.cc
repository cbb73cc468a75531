// SPDX-License-Identifier: Apache-2.0
//
// The rows that take the place of a version's rows.
#include <gtest/gtest.h>

#include "server/sqlmesh/maintenance/compact.h"

namespace stateserver::maintenance {
namespace {

using state::IntervalRow;

constexpr int64_t kNow = 5000;

IntervalRow Row(std::optional<std::string_view> identifier, int64_t start, int64_t end) {
  IntervalRow row;
  row.identifier = identifier;
  if (identifier.has_value()) row.dev_version = "d";
  row.start_ts = start;
  row.end_ts = end;
  return row;
}

TEST(CompactedRowsTest, RangesThatTouchBecomeOne) {
  std::vector<IntervalRow> rows = {Row("a", 0, 10), Row("a", 10, 20), Row("b", 20, 30)};
  rows[1].last_altered_ts = 7;
  auto compacted = CompactedRows(state::FoldIntervals(rows), kNow);
  ASSERT_EQ(compacted.size(), 2u);
  EXPECT_EQ(compacted[0].identifier, "a");
  EXPECT_EQ(compacted[0].start_ts, 0);
  EXPECT_EQ(compacted[0].end_ts, 20);
  EXPECT_EQ(compacted[0].last_altered_ts, 7);
  EXPECT_EQ(compacted[0].created_ts, kNow);
  EXPECT_EQ(compacted[1].identifier, "b");
}

TEST(CompactedRowsTest, RemovedRowsAreGone) {
  std::vector<IntervalRow> rows = {Row("a", 0, 30), Row("a", 10, 20)};
  rows[1].is_removed = true;
  auto compacted = CompactedRows(state::FoldIntervals(rows), kNow);
  ASSERT_EQ(compacted.size(), 2u);
  EXPECT_EQ(compacted[0].end_ts, 10);
  EXPECT_EQ(compacted[1].start_ts, 20);
  EXPECT_FALSE(compacted[1].is_removed);
}

TEST(CompactedRowsTest, PendingRestatementsComeLastWithoutNames) {
  IntervalRow pending = Row(std::nullopt, 0, 10);
  pending.is_pending_restatement = true;
  IntervalRow nameless = Row(std::nullopt, 20, 30);
  nameless.last_altered_ts = 9;
  std::vector<IntervalRow> rows = {pending, nameless, Row("a", 40, 50)};
  auto compacted = CompactedRows(state::FoldIntervals(rows), kNow);
  ASSERT_EQ(compacted.size(), 3u);
  const IntervalRow& last = compacted.back();
  EXPECT_TRUE(last.is_pending_restatement);
  EXPECT_EQ(last.identifier, std::nullopt);
  EXPECT_EQ(last.dev_version, std::nullopt);
  // SQLMesh keeps them with the ranges that have no names either.
  EXPECT_EQ(last.last_altered_ts, 9);
}

TEST(CompactedRowsTest, DevelopmentRangesKeepTheirOwnTime) {
  std::vector<IntervalRow> rows = {Row("a", 0, 10), Row("a", 0, 10)};
  rows[0].last_altered_ts = 1;
  rows[1].is_dev = true;
  rows[1].last_altered_ts = 2;
  auto compacted = CompactedRows(state::FoldIntervals(rows), kNow);
  ASSERT_EQ(compacted.size(), 2u);
  EXPECT_FALSE(compacted[0].is_dev);
  EXPECT_EQ(compacted[0].last_altered_ts, 1);
  EXPECT_TRUE(compacted[1].is_dev);
  EXPECT_EQ(compacted[1].last_altered_ts, 2);
}

}  // namespace
}  // namespace stateserver::maintenance
