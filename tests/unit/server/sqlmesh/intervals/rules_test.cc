// SPDX-License-Identifier: Apache-2.0
//
// The rules of the interval log, one by one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/sqlmesh/intervals/intervals.h"

namespace stateserver::state {

void PrintTo(const Interval& range, std::ostream* out) {
  *out << "[" << range.start << "," << range.end << ")";
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kDay = 86'400'000;

IntervalRow Row(int64_t created, int64_t start, int64_t end) {
  IntervalRow row;
  row.identifier = "1";
  row.dev_version = "d1";
  row.created_ts = created;
  row.start_ts = start;
  row.end_ts = end;
  return row;
}

IntervalRow Removed(IntervalRow row) {
  row.is_removed = true;
  return row;
}

IntervalRow Dev(IntervalRow row) {
  row.is_dev = true;
  return row;
}

IntervalRow Pending(int64_t created, int64_t start, int64_t end) {
  IntervalRow row = Row(created, start, end);
  row.identifier.reset();
  row.dev_version.reset();
  row.is_pending_restatement = true;
  return row;
}

TEST(Interval, OverlappingAndTouchingRangesBecomeOne) {
  Intervals list;
  AddMerged(list, {10, 20});
  AddMerged(list, {30, 40});
  AddMerged(list, {20, 25});
  EXPECT_THAT(list, ElementsAre(Interval{10, 25}, Interval{30, 40}));
  AddMerged(list, {5, 30});
  EXPECT_THAT(list, ElementsAre(Interval{5, 40}));
  AddMerged(list, {1, 2});
  EXPECT_THAT(list, ElementsAre(Interval{1, 2}, Interval{5, 40}));
}

TEST(Interval, SubtractCutsSplitsAndIgnoresEmptyRanges) {
  Intervals list{{0, 10}, {20, 30}, {40, 50}};
  Subtract(list, {5, 45});
  EXPECT_THAT(list, ElementsAre(Interval{0, 5}, Interval{45, 50}));
  Subtract(list, {2, 3});
  EXPECT_THAT(list, ElementsAre(Interval{0, 2}, Interval{3, 5}, Interval{45, 50}));
  Subtract(list, {4, 4});
  Subtract(list, {4, 1});
  EXPECT_EQ(list.size(), 3u);
}

TEST(Interval, CoversWhatIsInsideOneRange) {
  const Intervals list{{10, 20}, {30, 40}};
  EXPECT_TRUE(Covers(list, {10, 20}));
  EXPECT_TRUE(Covers(list, {31, 39}));
  EXPECT_FALSE(Covers(list, {9, 11}));
  EXPECT_FALSE(Covers(list, {15, 35}));
  EXPECT_FALSE(Covers({}, {1, 2}));
}

TEST(Fold, RemovalTouchesItsOwnKeyAndKindOnly) {
  IntervalRow other = Row(1, 0, 10);
  other.identifier = "2";
  const IntervalRow rows[] = {Row(1, 0, 10), other, Dev(Row(1, 0, 10)), Removed(Row(2, 3, 5))};
  const FoldedGroup group = FoldIntervals(rows);
  ASSERT_EQ(group.keys.size(), 2u);
  EXPECT_THAT(group.keys[0].intervals, ElementsAre(Interval{0, 3}, Interval{5, 10}));
  EXPECT_THAT(group.keys[0].dev_intervals, ElementsAre(Interval{0, 10}));
  EXPECT_THAT(group.keys[1].intervals, ElementsAre(Interval{0, 10}));
  EXPECT_EQ(group.max_created_ts, 2);
}

TEST(Fold, DataClearsThePendingRestatementsBeforeIt) {
  const IntervalRow rows[] = {Pending(1, 0, 10), Row(2, 4, 6), Pending(3, 5, 7)};
  EXPECT_THAT(FoldIntervals(rows).pending, ElementsAre(Interval{0, 4}, Interval{5, 10}));
  const IntervalRow dev_rows[] = {Pending(1, 0, 10), Dev(Row(2, 4, 6)), Removed(Row(3, 0, 10))};
  EXPECT_THAT(FoldIntervals(dev_rows).pending, ElementsAre(Interval{0, 10}));
}

TEST(Fold, KeysThatComeToNothingAreForgottenWithTheirTimes) {
  IntervalRow altered = Row(1, 0, 10);
  altered.last_altered_ts = 77;
  const IntervalRow rows[] = {altered, Removed(Row(2, 0, 10))};
  EXPECT_THAT(FoldIntervals(rows).keys, IsEmpty());
}

TEST(Fold, LastAlteredIsTheLatestAndZeroSaysNothing) {
  IntervalRow first = Row(1, 0, 10), second = Row(2, 10, 20), third = Dev(Row(3, 0, 5));
  first.last_altered_ts = 9;
  second.last_altered_ts = 7;
  third.last_altered_ts = 0;
  const IntervalRow rows[] = {first, second, third};
  const FoldedGroup group = FoldIntervals(rows);
  EXPECT_EQ(group.keys[0].last_altered_ts, 9);
  EXPECT_EQ(group.keys[0].dev_last_altered_ts, std::nullopt);
}

SnapshotIntervalFacts FactsOf(std::string_view identifier, std::string_view dev_version) {
  SnapshotIntervalFacts facts;
  facts.identifier = identifier;
  facts.dev_version = dev_version;
  return facts;
}

TEST(Assign, InheritsRangesOfTheVersionButDevRangesOfTheDevVersionOnly) {
  const IntervalRow rows[] = {Row(1, 0, kDay), Dev(Row(1, 0, 3 * kDay))};
  const FoldedGroup group = FoldIntervals(rows);
  SnapshotIntervalLists same_table = AssignIntervals(group, FactsOf("2", "d1"));
  EXPECT_THAT(same_table.intervals, ElementsAre(Interval{0, kDay}));
  EXPECT_THAT(same_table.dev_intervals, ElementsAre(Interval{0, 3 * kDay}));
  EXPECT_THAT(AssignIntervals(group, FactsOf("2", "d2")).dev_intervals, IsEmpty());
}

TEST(Assign, EffectiveFromCutsWhatOtherSnapshotsComputed) {
  const IntervalRow rows[] = {Row(1, 0, 10 * kDay), Row(2, 20 * kDay, 30 * kDay)};
  SnapshotIntervalFacts facts = FactsOf("2", "d2");
  facts.effective_from_ms = 5 * kDay + 1;  // counts from the start of its day
  const FoldedGroup group = FoldIntervals(rows);
  EXPECT_THAT(AssignIntervals(group, facts).intervals, ElementsAre(Interval{0, 5 * kDay}));
  facts.identifier = "1";
  EXPECT_THAT(AssignIntervals(group, facts).intervals,
              ElementsAre(Interval{0, 10 * kDay}, Interval{20 * kDay, 30 * kDay}));
  facts = FactsOf("2", "d2");
  facts.effective_from_ms = -1;
  EXPECT_EQ(AssignIntervals(group, facts).intervals.size(), 2u);
}

TEST(Assign, LeavesOutPartsOfAUnitUnlessPartialsAreAllowed) {
  const IntervalRow rows[] = {Row(1, kDay / 2, 3 * kDay + 1)};
  SnapshotIntervalFacts facts = FactsOf("1", "d1");
  EXPECT_THAT(AssignIntervals(FoldIntervals(rows), facts).intervals,
              ElementsAre(Interval{kDay, 3 * kDay}));
  facts.allow_partials = true;
  EXPECT_THAT(AssignIntervals(FoldIntervals(rows), facts).intervals,
              ElementsAre(Interval{0, 3 * kDay + 1}));
  const IntervalRow partial[] = {Row(1, 1, kDay - 1)};
  EXPECT_THAT(AssignIntervals(FoldIntervals(partial), FactsOf("1", "d1")).intervals, IsEmpty());
}

TEST(Assign, TimesNeverGoBackAndUnreadableRangesAreLeftOut) {
  IntervalRow row = Row(1, 0, kDay);
  row.last_altered_ts = 5;
  const IntervalRow rows[] = {row, Row(2, INT64_MIN, INT64_MAX)};
  SnapshotIntervalFacts facts = FactsOf("1", "d1");
  facts.last_altered_ts = 8;
  const SnapshotIntervalLists lists = AssignIntervals(FoldIntervals({rows, 1}), facts);
  EXPECT_EQ(lists.last_altered_ts, 8);
  EXPECT_EQ(lists.dev_last_altered_ts, std::nullopt);
  EXPECT_THAT(AssignIntervals(FoldIntervals(rows), facts).intervals, IsEmpty());
}

// What SQLMesh's import leaves: every range again, pending ones last.
FoldedGroup AfterSqlmeshImport(std::vector<IntervalRow> rows, const FileIntervals& file) {
  for (Interval range : file.intervals) rows.push_back(Row(1000, range.start, range.end));
  for (Interval range : file.dev_intervals) rows.push_back(Dev(Row(1000, range.start, range.end)));
  for (Interval range : file.pending_restatement_intervals) {
    rows.push_back(Pending(1000, range.start, range.end));
  }
  return FoldIntervals(rows);
}

void ExpectSame(const FoldedGroup& got, const FoldedGroup& want) {
  EXPECT_EQ(got.pending, want.pending);
  ASSERT_EQ(got.keys.size(), want.keys.size());
  for (size_t i = 0; i < got.keys.size(); ++i) {
    EXPECT_EQ(got.keys[i].intervals, want.keys[i].intervals);
    EXPECT_EQ(got.keys[i].dev_intervals, want.keys[i].dev_intervals);
  }
}

// Imports `file` on top of `rows`: the fold must be SQLMesh's, and a second
// import must add nothing. Returns how many rows the first one added.
size_t CheckImport(std::vector<IntervalRow> rows, const FileIntervals& file) {
  const FoldedGroup want = AfterSqlmeshImport(rows, file);
  const IntervalAppends first = PlanIntervalAppends(FoldIntervals(rows), {&file, 1}, 1000);
  rows.insert(rows.end(), first.rows.begin(), first.rows.end());
  ExpectSame(FoldIntervals(rows), want);
  EXPECT_THAT(PlanIntervalAppends(FoldIntervals(rows), {&file, 1}, 2000).rows, IsEmpty());
  return first.rows.size();
}

FileIntervals File(const Intervals& normal, const Intervals& dev, const Intervals& pending) {
  return {"1", "d1", normal, dev, pending};
}

TEST(Append, EverythingOfAFileIntoAnEmptyState) {
  const Intervals normal{{0, 10}, {20, 30}, {5, 5}}, dev{{0, 3}}, pending{{25, 40}};
  EXPECT_EQ(CheckImport({}, File(normal, dev, pending)), 4u);
}

TEST(Append, CoveredRangesAreNotRepeated) {
  const Intervals normal{{2, 10}, {20, 30}}, dev{{0, 3}};
  EXPECT_EQ(CheckImport({Row(1, 0, 15), Dev(Row(1, 0, 5))}, File(normal, dev, {})), 1u);
}

TEST(Append, TheSamePendingRangeIsNotRepeated) {
  const Intervals normal{{0, 10}}, pending{{4, 6}};
  EXPECT_EQ(CheckImport({Row(1, 0, 10), Pending(2, 4, 6)}, File(normal, {}, pending)), 0u);
}

TEST(Append, CoveredDataStillClearsAPendingRangeTheFileDoesNotHave) {
  const Intervals normal{{0, 10}};
  EXPECT_EQ(CheckImport({Row(1, 0, 10), Pending(2, 4, 6)}, File(normal, {}, {})), 1u);
}

TEST(Append, NewDataDoesNotClearWhatTheFileHoldsPending) {
  const Intervals normal{{0, 20}}, pending{{4, 6}};
  EXPECT_EQ(CheckImport({Row(1, 0, 10), Pending(2, 4, 6)}, File(normal, {}, pending)), 2u);
}

TEST(Append, SnapshotsOfOneVersionShareThePendingRange) {
  const Intervals normal{{0, 10}}, pending{{4, 6}};
  const FileIntervals files[] = {{"1", "d1", normal, {}, pending},
                                 {"2", "d2", normal, {}, pending}};
  const IntervalAppends appends = PlanIntervalAppends({}, files, 5);
  ASSERT_EQ(appends.rows.size(), 3u);
  EXPECT_EQ(appends.rows[1].identifier, "2");
  EXPECT_TRUE(appends.rows[2].is_pending_restatement);
  EXPECT_EQ(appends.rows[2].identifier, std::nullopt);
  EXPECT_EQ(appends.rows[2].dev_version, std::nullopt);
  EXPECT_EQ(appends.already_covered, 1);
}

TEST(Append, RowsAreNewerThanAllThatExist) {
  const Intervals normal{{0, 10}};
  const FileIntervals file = File(normal, {}, {});
  // The clock of another host ran ahead; its removal must not undo the import.
  std::vector<IntervalRow> rows{Row(1, 0, 10), Removed(Row(5000, 0, 10))};
  const IntervalAppends appends = PlanIntervalAppends(FoldIntervals(rows), {&file, 1}, 1000);
  ASSERT_EQ(appends.rows.size(), 1u);
  EXPECT_EQ(appends.rows[0].created_ts, 5001);
}

TEST(Append, RandomHistoriesEndAsUnderSqlmesh) {
  uint64_t seed = 12345;
  auto random = [&seed](uint64_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>((seed >> 33) % below);
  };
  size_t added = 0;
  for (int round = 0; round < 20000; ++round) {
    auto list = [&random](uint64_t size) {
      Intervals ranges;
      for (int64_t i = random(size); i > 0; --i) {
        const int64_t start = random(30);
        AddMerged(ranges, {start, start + 1 + random(6)});
      }
      return ranges;
    };
    std::vector<IntervalRow> rows;
    const int64_t count = random(6);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t start = random(30), end = start + 1 + random(10);
      switch (random(5)) {
        case 0:
          rows.push_back(Removed(Row(i, start, end)));
          break;
        case 1:
          rows.push_back(Dev(Row(i, start, end)));
          break;
        case 2:
          rows.push_back(Pending(i, start, end));
          break;
        default:
          rows.push_back(Row(i, start, end));
      }
    }
    const Intervals normal = list(4), dev = list(3), pending = list(3);
    added += CheckImport(rows, File(normal, dev, pending));
    if (HasFailure()) FAIL() << "round " << round;
  }
  EXPECT_GT(added, 10000u);
}

}  // namespace
}  // namespace stateserver::state
