// SPDX-License-Identifier: Apache-2.0
//
// Interval units: inferred from crons as SQLMesh does, and the cutting of ranges.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "server/sqlmesh/intervals/intervals.h"
#include "server/sqlmesh/time/cron.h"
#include "server/sqlmesh/time/interval_unit.h"
#include "tests/support/sanitized.h"

namespace stateserver::state {
namespace {

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kHour = 3'600'000;

// tests/compat/cron_property.py writes the table with the real SQLMesh; "-" where
// it refuses the cron, or where its answer depends on the time.
TEST(CronUnit, NeverDiffersFromSqlmesh) {
  std::ifstream table(TEST_DATA_DIR "/cron/units.tsv");
  constexpr size_t kEvery = ::stateserver::testing::kSanitized ? 10 : 1;
  size_t lines = 0, answerable = 0, answered = 0;
  for (std::string line; std::getline(table, line); ++lines) {
    if (lines % kEvery != 0) continue;
    const std::string cron = line.substr(0, line.find('\t'));
    const std::string want = line.substr(line.find('\t') + 1);
    const std::optional<IntervalUnit> unit = IntervalUnitFromCron(cron);
    answerable += want == "-" ? 0 : 1;
    if (!unit) continue;
    ++answered;
    EXPECT_EQ(IntervalUnitName(*unit), want) << cron;
  }
  EXPECT_GT(lines, 1400u);
  EXPECT_GT(answered * 100, answerable * 80) << answered << " of " << answerable;
}

TEST(CronUnit, TheCronsPeopleWriteAreSupported) {
  const std::pair<const char*, IntervalUnit> known[] = {
      {"@yearly", IntervalUnit::kYear},
      {"@annually", IntervalUnit::kYear},
      {"@monthly", IntervalUnit::kMonth},
      {"@weekly", IntervalUnit::kDay},
      {"@daily", IntervalUnit::kDay},
      {"@midnight", IntervalUnit::kDay},
      {"@hourly", IntervalUnit::kHour},
      {"0 */6 * * *", IntervalUnit::kHour},
      {"0 3 * * *", IntervalUnit::kDay},
      {"0 5 * * mon-fri", IntervalUnit::kDay},
      {"0 5 * * 5-7", IntervalUnit::kDay},
      {"*/5 * * * *", IntervalUnit::kFiveMinute},
      {"*/10 * * * *", IntervalUnit::kFiveMinute},
      {"*/15 * * * *", IntervalUnit::kQuarterHour},
      {"*/30 * * * *", IntervalUnit::kHalfHour},
      {"15,45 8-18 * * *", IntervalUnit::kHalfHour},
      {"0 22-4 * * *", IntervalUnit::kHour},
      {"0 0 1 */3 *", IntervalUnit::kMonth},
      {"0 0 1 1 *", IntervalUnit::kYear},
      {"0 0 29 2 *", IntervalUnit::kYear},
      {"0 0 L * *", IntervalUnit::kMonth},
      {"0 0 * * 1#1", IntervalUnit::kMonth},
      {"0 0 1,15 * *", IntervalUnit::kDay},
  };
  for (const auto& [cron, unit] : known) EXPECT_EQ(IntervalUnitFromCron(cron), unit) << cron;
}

TEST(CronUnit, RefusesToGuess) {
  for (const char* cron : {"",
                           " ",
                           "@every",
                           "@reboot",
                           "* * * * *",
                           "*/7 * * * *",
                           "0 0 * * * 0",
                           "0 0 31 2 *",
                           "0 0 15W * *",
                           "H * * * *",
                           "60 * * * *",
                           "0 24 * * *",
                           "0 0 0 * *",
                           "0 0 1 13 *",
                           "0 0 * * 8",
                           "*/0 * * * *",
                           "5-5 * * * *",
                           "1,,2 * * * *",
                           "0 0 * * 1#6",
                           "-1 * * * *",
                           "99999999999 * * * *",
                           "0 0 * *",
                           " @daily",
                           "0 0 * * mon#",
                           "0 0 * * l"}) {
    EXPECT_EQ(IntervalUnitFromCron(cron), std::nullopt) << cron;
  }
}

TEST(CronUnit, RemembersAnswers) {
  CronUnits units;
  EXPECT_EQ(units.Get("@weekly"), IntervalUnit::kDay);
  EXPECT_EQ(units.Get("@weekly"), IntervalUnit::kDay);
  EXPECT_EQ(units.Get("nonsense"), std::nullopt);
  EXPECT_EQ(units.Get("nonsense"), std::nullopt);
}

TEST(IntervalUnit, NamesAreThoseOfSqlmesh) {
  for (const char* name :
       {"year", "month", "day", "hour", "half_hour", "quarter_hour", "five_minute"}) {
    ASSERT_TRUE(IntervalUnitFromName(name)) << name;
    EXPECT_EQ(IntervalUnitName(*IntervalUnitFromName(name)), name);
  }
  EXPECT_EQ(IntervalUnitFromName("DAY"), IntervalUnit::kDay);
  EXPECT_EQ(IntervalUnitFromName("week"), std::nullopt);
}

TEST(Align, FloorsToTheCalendar) {
  const int64_t leap_day = 1'709'208'000'000;  // 2024-02-29 12:00
  EXPECT_EQ(FloorToUnit(leap_day, IntervalUnit::kYear), 1'704'067'200'000);
  EXPECT_EQ(FloorToUnit(leap_day, IntervalUnit::kMonth), 1'706'745'600'000);
  EXPECT_EQ(NextUnit(leap_day, IntervalUnit::kMonth), 1'709'251'200'000);
  EXPECT_EQ(NextUnit(leap_day, IntervalUnit::kYear), 1'735'689'600'000);
  EXPECT_EQ(FloorToUnit(-1, IntervalUnit::kDay), -kDay);
  EXPECT_EQ(FloorToUnit(-1, IntervalUnit::kMonth), -31 * kDay);
  EXPECT_EQ(NextUnit(-kDay, IntervalUnit::kDay), 0);
}

TEST(Align, KeepsWholeUnitsOnly) {
  const Interval range{20 * kDay + kHour / 2, 21 * kDay + 90'000};
  EXPECT_EQ(AlignInside(range, IntervalUnit::kHour, false),
            (Interval{20 * kDay + kHour, 21 * kDay}));
  EXPECT_EQ(AlignInside(range, IntervalUnit::kHour, true),
            (Interval{20 * kDay, 21 * kDay + 90'000}));
  const Interval empty = AlignInside(range, IntervalUnit::kMonth, false);
  EXPECT_GE(empty.start, empty.end);
}

TEST(Align, KeepsTheHabitsOfSqlmesh) {
  // 2020-02-01 in the first day of 1970, and the whole of that day as an end.
  EXPECT_EQ(AlignInside({20'200'201, 20'200'201}, IntervalUnit::kDay, true),
            (Interval{1'580'515'200'000, 1'580'601'600'000}));
  // A number that is no date: 2020-02-30.
  EXPECT_EQ(AlignInside({20'200'230, 20'200'230}, IntervalUnit::kDay, true),
            (Interval{0, 20'200'230}));
  EXPECT_EQ(AlignInside({0, 1'078'625'331'860}, IntervalUnit::kDay, true).end, 1'078'625'331'859);
}

}  // namespace
}  // namespace stateserver::state
