// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/intervals/wire.h"

#include <gtest/gtest.h>

namespace stateserver::state {
namespace {

TEST(IntervalsWire, ReadsRowsFieldByField) {
  const std::string text =
      "1700\x1f"
      "86400000\x1f"
      "172800000\x1f"
      "0\x1f"
      "99\x1f+123\x1f+456\x1e"
      "1701\x1f"
      "-5\x1f"
      "0\x1f"
      "6\x1f\x1f\x1f";
  std::vector<IntervalRow> rows(3);
  ASSERT_TRUE(ParseAggregatedIntervals(text, &rows));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].created_ts, 1700);
  EXPECT_EQ(rows[0].start_ts, 86'400'000);
  EXPECT_EQ(rows[0].end_ts, 172'800'000);
  EXPECT_FALSE(rows[0].is_dev || rows[0].is_removed || rows[0].is_pending_restatement);
  EXPECT_EQ(rows[0].last_altered_ts, 99);
  EXPECT_EQ(rows[0].identifier, "123");
  EXPECT_EQ(rows[0].dev_version, "456");
  EXPECT_EQ(rows[1].start_ts, -5);
  EXPECT_FALSE(rows[1].is_dev);
  EXPECT_TRUE(rows[1].is_removed && rows[1].is_pending_restatement);
  EXPECT_EQ(rows[1].last_altered_ts, std::nullopt);
  EXPECT_EQ(rows[1].identifier, std::nullopt);
  EXPECT_EQ(rows[1].dev_version, std::nullopt);
}

TEST(IntervalsWire, AnEmptyNameIsNotNull) {
  std::vector<IntervalRow> rows;
  ASSERT_TRUE(
      ParseAggregatedIntervals("1\x1f"
                               "2\x1f"
                               "3\x1f"
                               "1\x1f\x1f+\x1f+",
                               &rows));
  EXPECT_EQ(rows[0].identifier, "");
  EXPECT_TRUE(rows[0].is_dev);
}

TEST(IntervalsWire, NothingIsNoRows) {
  std::vector<IntervalRow> rows(2);
  EXPECT_TRUE(ParseAggregatedIntervals("", &rows));
  EXPECT_TRUE(rows.empty());
}

TEST(IntervalsWire, RefusesWhatDoesNotFollowTheFormat) {
  const std::string good =
      "1\x1f"
      "2\x1f"
      "3\x1f"
      "0\x1f\x1f+a\x1f+b";
  std::vector<IntervalRow> rows;
  ASSERT_TRUE(ParseAggregatedIntervals(good, &rows));
  for (const std::string& bad : {good + "\x1e", good + "\x1f",
                                 good + "\x1f"
                                        "c",
                                 "\x1e" + good, good + "\x1e" + "x",
                                 std::string("1\x1f"
                                             "2\x1f"
                                             "0\x1f\x1f+a\x1f+b"),  // no end: a NULL column
                                 std::string("1\x1f"
                                             "2\x1f"
                                             "3\x1f"
                                             "0\x1f\x1f"
                                             "a\x1f+b"),  // a name without its plus
                                 std::string("1\x1f"
                                             "2\x1f"
                                             "3\x1f"
                                             "0\x1f\x1f+a\x1e"
                                             "b\x1f+b"),
                                 std::string("1\x1f"
                                             "2x\x1f"
                                             "3\x1f"
                                             "0\x1f\x1f+a\x1f+b"),
                                 std::string("99999999999999999999\x1f"
                                             "2\x1f"
                                             "3\x1f"
                                             "0\x1f\x1f\x1f")}) {
    EXPECT_FALSE(ParseAggregatedIntervals(bad, &rows)) << testing::PrintToString(bad);
  }
  for (size_t length = 1; length + 2 < good.size(); ++length) {
    EXPECT_FALSE(ParseAggregatedIntervals(good.substr(0, length), &rows)) << length;
  }
}

TEST(IntervalsWire, AsksOnlyForColumnsTheSchemaHas) {
  const std::string newest = AggregatedIntervalsSql(102, "i");
  EXPECT_NE(newest.find("i.dev_version"), std::string::npos);
  EXPECT_NE(newest.find("i.last_altered_ts"), std::string::npos);
  EXPECT_NE(newest.find("ORDER BY i.created_ts, i.is_removed, i.is_pending_restatement)"),
            std::string::npos);
  EXPECT_EQ(AggregatedIntervalsSql(98, "i").find("last_altered"), std::string::npos);
  EXPECT_NE(AggregatedIntervalsSql(71, "i").find("dev_version"), std::string::npos);
  EXPECT_EQ(AggregatedIntervalsSql(70, "i").find("dev_version"), std::string::npos);
  EXPECT_EQ(AggregatedIntervalsSql(65, "i").find("pending"), std::string::npos);
}

}  // namespace
}  // namespace stateserver::state
