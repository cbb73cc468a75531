// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/intervals/intervals.h"

#include <algorithm>

#include "absl/time/civil_time.h"
#include "server/sqlmesh/time/interval_unit.h"
#include "server/sqlmesh/time/time_like.h"

namespace stateserver::state {

namespace {

// Merges a sorted list in place, in one pass.
void MergeSorted(Intervals& list) {
  size_t last = 0;
  for (size_t i = 1; i < list.size(); ++i) {
    if (list[i].start <= list[last].end) {
      list[last].end = std::max(list[last].end, list[i].end);
    } else {
      list[++last] = list[i];
    }
  }
  list.resize(last + 1);
}

// Returns the position of the row's key, which is added if new. Tries the last used key first,
// because rows mostly come in runs with the same key.
size_t KeyOf(const IntervalRow& row, size_t last_used, std::vector<FoldedKey>& keys) {
  auto is_key = [&row](const FoldedKey& key) {
    return key.identifier == row.identifier && key.dev_version == row.dev_version;
  };
  if (last_used < keys.size() && is_key(keys[last_used])) return last_used;
  auto found = std::find_if(keys.begin(), keys.end(), is_key);
  if (found != keys.end()) return found - keys.begin();
  keys.emplace_back();
  keys.back().identifier = row.identifier;
  keys.back().dev_version = row.dev_version;
  return keys.size() - 1;
}

// NULL and 0 carry no information.
void RaiseUnlessZero(std::optional<int64_t>& latest, std::optional<int64_t> candidate) {
  if (candidate.value_or(0) != 0) latest = std::max(latest.value_or(0), *candidate);
}

void Apply(const IntervalRow& row, FoldedKey& key, Intervals& pending) {
  const Interval range{row.start_ts, row.end_ts};
  if (row.is_removed) {
    Subtract(row.is_dev ? key.dev_intervals : key.intervals, range);
  } else if (row.is_pending_restatement) {
    AddMerged(pending, range);
  } else if (row.is_dev) {
    AddMerged(key.dev_intervals, range);
    RaiseUnlessZero(key.dev_last_altered_ts, row.last_altered_ts);
  } else {
    AddMerged(key.intervals, range);
    RaiseUnlessZero(key.last_altered_ts, row.last_altered_ts);
    // Data computed after the request for a restatement satisfies it.
    Subtract(pending, range);
  }
}

void AddAligned(Interval range, const SnapshotIntervalFacts& facts, Intervals& list) {
  if (range.start > range.end || !InCalendar(range.start) || !InCalendar(range.end)) return;
  Interval inside = AlignInside(range, facts.unit, facts.allow_partials);
  if (inside.start < inside.end) AddMerged(list, inside);
}

void Raise(std::optional<int64_t>& latest, std::optional<int64_t> candidate) {
  if (candidate) latest = std::max(latest.value_or(0), *candidate);
}

// Data from effective_from on must come from the snapshot itself; `limit` is that time if it
// applies to this key.
void AddOwnAndInherited(const FoldedKey& key, std::optional<int64_t> limit,
                        const SnapshotIntervalFacts& facts, Intervals& list) {
  for (Interval range : key.intervals) {
    if (limit && range.start < *limit) range.end = std::min(range.end, *limit);
    if (!limit || range.end <= *limit) AddAligned(range, facts, list);
  }
}

class AppendPlanner {
 public:
  AppendPlanner(const FoldedGroup& existing, std::span<const FileIntervals> snapshots,
                int64_t now_ms)
      : existing_(existing),
        snapshots_(snapshots),
        created_ts_(std::max(now_ms, existing.max_created_ts + 1)) {}

  IntervalAppends Plan() {
    const bool every_range = MustRepeatRanges();
    for (const FileIntervals& snapshot : snapshots_) AddRanges(snapshot, every_range);
    AddPending();
    return std::move(appends_);
  }

 private:
  const Intervals* CoverageOf(const FileIntervals& snapshot, bool dev) const {
    for (const FoldedKey& key : existing_.keys) {
      if (key.identifier == snapshot.identifier && key.dev_version == snapshot.dev_version) {
        return dev ? &key.dev_intervals : &key.intervals;
      }
    }
    return nullptr;
  }

  // A range clears the pending restatements before it, even if its data is already known. If the
  // file does not request those again, omitting covered ranges would keep what SQLMesh's import
  // clears.
  bool MustRepeatRanges() const {
    Intervals pending = existing_.pending;
    for (const FileIntervals& snapshot : snapshots_) {
      for (Interval range : snapshot.intervals) Subtract(pending, range);
    }
    AddPendingOfFile(pending);
    Intervals untouched = existing_.pending;
    AddPendingOfFile(untouched);
    return pending != untouched;
  }

  void AddPendingOfFile(Intervals& pending) const {
    for (const FileIntervals& snapshot : snapshots_) {
      for (Interval range : snapshot.pending_restatement_intervals) AddMerged(pending, range);
    }
  }

  void AddRanges(const FileIntervals& snapshot, bool every_range) {
    const Intervals* covered = CoverageOf(snapshot, false);
    for (Interval range : snapshot.intervals) {
      Add(snapshot, range, every_range ? nullptr : covered, false);
    }
    covered = CoverageOf(snapshot, true);
    for (Interval range : snapshot.dev_intervals) Add(snapshot, range, covered, true);
  }

  void Add(const FileIntervals& snapshot, Interval range, const Intervals* covered, bool dev) {
    if (range.start >= range.end) return;  // SQLMesh skips it too
    if (covered != nullptr && Covers(*covered, range)) {
      ++appends_.already_covered;
      return;
    }
    IntervalRow row = NewRow(range);
    row.identifier = snapshot.identifier;
    row.dev_version = snapshot.dev_version;
    row.is_dev = dev;
    appends_.rows.push_back(row);
  }

  // Pending ranges belong to the version: each is written once, regardless of how many snapshots
  // share it, and only if it is still pending after the rows above.
  void AddPending() {
    Intervals pending = existing_.pending;
    for (const IntervalRow& row : appends_.rows) {
      if (!row.is_dev) Subtract(pending, {row.start_ts, row.end_ts});
    }
    for (const FileIntervals& snapshot : snapshots_) {
      for (Interval range : snapshot.pending_restatement_intervals) {
        if (range.start > range.end) continue;  // SQLMesh skips it too
        if (Covers(pending, range)) {
          ++appends_.already_covered;
        } else {
          AddMerged(pending, range);
          IntervalRow row = NewRow(range);
          row.is_pending_restatement = true;
          appends_.rows.push_back(row);
        }
      }
    }
  }

  IntervalRow NewRow(Interval range) const {
    IntervalRow row;
    row.created_ts = created_ts_;
    row.start_ts = range.start;
    row.end_ts = range.end;
    return row;
  }

  const FoldedGroup& existing_;
  std::span<const FileIntervals> snapshots_;
  const int64_t created_ts_;
  IntervalAppends appends_;
};

absl::CivilDay DayOf(int64_t ms) { return absl::CivilDay() + FloorDivide(ms, kDayMs); }

int64_t MsOf(absl::CivilDay day) { return (day - absl::CivilDay()) * kDayMs; }

}  // namespace

void AddMerged(Intervals& list, Interval added) {
  if (list.empty() || added >= list.back()) {
    // Rows are sorted by creation time, which mostly is the order of their ranges.
    if (!list.empty() && added.start <= list.back().end) {
      list.back().end = std::max(list.back().end, added.end);
    } else {
      list.push_back(added);
    }
    return;
  }
  list.insert(std::upper_bound(list.begin(), list.end(), added), added);
  MergeSorted(list);
}

void Subtract(Intervals& list, Interval removed) {
  if (list.empty() || removed.start >= removed.end) return;
  Intervals rest;
  rest.reserve(list.size() + 1);
  for (const Interval& range : list) {
    if (removed.start > range.start && removed.end < range.end) {
      rest.push_back({range.start, removed.start});
      rest.push_back({removed.end, range.end});
    } else if (removed.start > range.start) {
      rest.push_back({range.start, std::min(removed.start, range.end)});
    } else if (removed.end < range.end) {
      rest.push_back({std::max(removed.end, range.start), range.end});
    }
  }
  list = std::move(rest);
}

bool Covers(const Intervals& list, Interval range) {
  auto after = std::upper_bound(
      list.begin(), list.end(), range.start,
      [](int64_t start, const Interval& element) { return start < element.start; });
  return after != list.begin() && std::prev(after)->end >= range.end;
}

FoldedGroup FoldIntervals(std::span<const IntervalRow> rows) {
  FoldedGroup group;
  size_t key = 0;
  for (const IntervalRow& row : rows) {
    key = KeyOf(row, key, group.keys);
    Apply(row, group.keys[key], group.pending);
    group.max_created_ts = std::max(group.max_created_ts, row.created_ts);
  }
  std::erase_if(group.keys, [&group](const FoldedKey& each) {
    // SQLMesh keeps the pending ranges in the key without names.
    bool holds_pending = !each.identifier && !each.dev_version && !group.pending.empty();
    return each.intervals.empty() && each.dev_intervals.empty() && !holds_pending;
  });
  return group;
}

SnapshotIntervalLists AssignIntervals(const FoldedGroup& group,
                                      const SnapshotIntervalFacts& facts) {
  SnapshotIntervalLists lists;
  lists.last_altered_ts = facts.last_altered_ts;
  lists.dev_last_altered_ts = facts.dev_last_altered_ts;
  std::optional<int64_t> effective_from;
  if (facts.effective_from_ms != 0 && InCalendar(facts.effective_from_ms)) {
    effective_from = FloorToUnit(facts.effective_from_ms, facts.unit);
    if (*effective_from <= 0) effective_from.reset();
  }
  for (const FoldedKey& key : group.keys) {
    const bool own = key.identifier == facts.identifier;
    AddOwnAndInherited(key, own ? std::nullopt : effective_from, facts, lists.intervals);
    Raise(lists.last_altered_ts, key.last_altered_ts);
    if (key.dev_version != facts.dev_version) continue;
    for (Interval range : key.dev_intervals) AddAligned(range, facts, lists.dev_intervals);
    Raise(lists.dev_last_altered_ts, key.dev_last_altered_ts);
  }
  for (Interval range : group.pending) AddMerged(lists.pending_restatement_intervals, range);
  return lists;
}

IntervalAppends PlanIntervalAppends(const FoldedGroup& existing,
                                    std::span<const FileIntervals> snapshots, int64_t now_ms) {
  return AppendPlanner(existing, snapshots, now_ms).Plan();
}

int64_t FloorToUnit(int64_t ms, IntervalUnit unit) {
  switch (unit) {
    case IntervalUnit::kYear:
      return MsOf(absl::CivilDay(absl::CivilYear(DayOf(ms))));
    case IntervalUnit::kMonth:
      return MsOf(absl::CivilDay(absl::CivilMonth(DayOf(ms))));
    default:
      return FloorDivide(ms, IntervalUnitMs(unit)) * IntervalUnitMs(unit);
  }
}

int64_t NextUnit(int64_t ms, IntervalUnit unit) {
  switch (unit) {
    case IntervalUnit::kYear:
      return MsOf(absl::CivilDay(absl::CivilYear(DayOf(ms)) + 1));
    case IntervalUnit::kMonth:
      return MsOf(absl::CivilDay(absl::CivilMonth(DayOf(ms)) + 1));
    default:
      return FloorToUnit(ms, unit) + IntervalUnitMs(unit);
  }
}

Interval AlignInside(Interval range, IntervalUnit unit, bool allow_partials) {
  const int64_t start = DateNumberMs(range.start).value_or(range.start);
  Interval inside{FloorToUnit(start, unit), 0};
  if (!allow_partials && inside.start < start) inside.start = NextUnit(start, unit);

  int64_t end = DateNumberMs(range.end).value_or(range.end);
  if (IsDateNumber(range.end)) end += kDayMs;
  inside.end = allow_partials ? FloatMs(end) : FloorToUnit(end, unit);
  return inside;
}

}  // namespace stateserver::state
