// SPDX-License-Identifier: Apache-2.0
//
// Texts that mean a time: a snapshot's ttl and effective_from.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "server/sqlmesh/time/time_like.h"

namespace stateserver::state {
namespace {

constexpr int64_t kDayMs = 86'400'000;

// tests/compat/time_property.py writes the table with the real SQLMesh; "-" where
// it refuses the text.
TEST(Ttl, NeverDiffersFromSqlmesh) {
  std::ifstream table(TEST_DATA_DIR "/time/ttl.tsv");
  size_t lines = 0, answered = 0;
  for (std::string line; std::getline(table, line); ++lines) {
    std::istringstream fields(line);
    std::string ttl, updated_ts, want;
    std::getline(fields, ttl, '\t');
    std::getline(fields, updated_ts, '\t');
    std::getline(fields, want, '\t');
    const std::optional<int64_t> got = TtlMs(ttl, std::stoll(updated_ts));
    if (!got) continue;
    ++answered;
    EXPECT_EQ(std::to_string(*got), want) << ttl << " from " << updated_ts;
  }
  EXPECT_GT(lines, 400u);
  EXPECT_GT(answered, 250u);
}

TEST(Ttl, CountsByTheCalendar) {
  const int64_t january_31 = 1'738'281'600'000;  // 2025-01-31
  EXPECT_EQ(TtlMs("in 1 week", january_31), 7 * kDayMs);
  EXPECT_EQ(TtlMs("in a week", january_31), 7 * kDayMs);
  EXPECT_EQ(TtlMs("in 7 days", january_31), 7 * kDayMs);
  EXPECT_EQ(TtlMs("in 2 hours", january_31), kDayMs / 12);
  EXPECT_EQ(TtlMs("in 1 month", january_31), 28 * kDayMs);
  EXPECT_EQ(TtlMs("in 2 months", january_31), 59 * kDayMs);
  EXPECT_EQ(TtlMs("in 1 year", january_31), 365 * kDayMs);
  EXPECT_EQ(TtlMs("in 1 week, 2 days and 1 hour", january_31), 9 * kDayMs + kDayMs / 24);
}

TEST(Ttl, RefusesToGuess) {
  for (const char* ttl : {"",
                          "in",
                          "in 1",
                          "1 week",
                          "a week",
                          "in 0 days",
                          "in -1 week",
                          "in 1.5 hours",
                          "in 1 week ago",
                          "in 1 fortnight",
                          "next week",
                          "in 1 day,",
                          "in 1 day 1 day",
                          "in 1 day and",
                          "IN 17 MINUTES",
                          "in 9999 years",
                          "in 7001 years",
                          "in 6999 years and 13 months",
                          "in 99999999999999999999 days",
                          "2030-01-01",
                          "in and 1 day"}) {
    EXPECT_EQ(TtlMs(ttl, 1'700'000'000'000), std::nullopt) << ttl;
  }
  EXPECT_EQ(TtlMs("in 1 week", INT64_MAX), std::nullopt);
  EXPECT_NE(TtlMs("in 7000 years", 1'700'000'000'000), std::nullopt);
}

TEST(TimeLike, ReadsTheSpellingsOfAState) {
  const int64_t day = 1'794'096'000'000;
  EXPECT_EQ(TimestampMs("2026-11-08"), day);
  EXPECT_EQ(TimestampMs("20261108"), day);
  EXPECT_EQ(TimestampMs("1794096000000"), day);
  EXPECT_EQ(TimestampMs("2026-11-08 12:34"), day + 45'240'000);
  EXPECT_EQ(TimestampMs("2026-11-08T12:34:56Z"), day + 45'296'000);
  EXPECT_EQ(TimestampMs("2026-11-08 12:34:56.123456"), day + 45'296'123);
  EXPECT_EQ(TimestampMs("2026-11-08 12:34:56+02:00"), day + 38'096'000);
  EXPECT_EQ(TimestampMs("2026-11-08 12:34:56.5-08:00"), day + 74'096'500);
  EXPECT_EQ(TimestampMs("1969-12-31"), -kDayMs);
  EXPECT_EQ(TimestampMs(int64_t{20'261'108}), day);
  EXPECT_EQ(TimestampMs(int64_t{-5}), -5);
  EXPECT_EQ(TimestampMs("-5"), -5);
}

TEST(TimeLike, RefusesToGuess) {
  for (const char* text : {"",
                           "1 week ago",
                           "yesterday",
                           "2026-02-30",
                           "2026-13-01",
                           "2026-1-8",
                           "2026-11-08 ",
                           "2026-11-08 24:00",
                           "2026-11-08 12",
                           "2026-11-08 12:34:60",
                           "2026-11-08 12:34:56.",
                           "2026-11-08 12:34:56.1234567",
                           "2026-11-08 12:34:56+15:00",
                           "2026-11-08 12:34:56+03:17",
                           "2026-11-08 12:34:56-0530",
                           "0000-01-01",
                           "1.5",
                           "1e3",
                           "inf",
                           "99999999999999999999",
                           "-"}) {
    EXPECT_EQ(TimestampMs(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace stateserver::state
