// SPDX-License-Identifier: Apache-2.0
//
// Half-open ranges [start, end) of epoch milliseconds and sorted lists of them,
// with the arithmetic of SQLMesh's merge_intervals and remove_interval. The
// results are equal to SQLMesh's even for empty (start == end) ranges, which a
// list of pending restatements may hold.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/sqlmesh/time/interval_unit.h"

namespace stateserver::state {

struct Interval {
  int64_t start = 0;
  int64_t end = 0;
  auto operator<=>(const Interval&) const = default;
};

// Sorted by start; neither overlapping nor touching.
using Intervals = std::vector<Interval>;

// Adds `added`; ranges that overlap or touch become one. O(1) at the end of the
// list, O(n) elsewhere.
void AddMerged(Intervals& list, Interval added);

// Set difference. A range with start >= end removes nothing.
void Subtract(Intervals& list, Interval removed);

// Whether adding `range` would leave the list as it is.
bool Covers(const Intervals& list, Interval range);

// What of `range` the list does not cover, in order. Empty for start >= end.
Intervals Uncovered(const Intervals& list, Interval range);

// One row of `_intervals`, of one (name, version). The views belong to the caller.
struct IntervalRow {
  std::optional<std::string_view> identifier;   // NULL: pending, or the snapshot is gone
  std::optional<std::string_view> dev_version;  // NULL: the same, and before schema 71
  int64_t created_ts = 0;                       // epoch ms, as the next two
  int64_t start_ts = 0;
  int64_t end_ts = 0;
  bool is_dev = false;
  bool is_removed = false;
  bool is_pending_restatement = false;
  std::optional<int64_t> last_altered_ts;
  bool operator==(const IntervalRow&) const = default;
};

// What the rows of one (dev_version, identifier) add up to.
struct FoldedKey {
  std::optional<std::string_view> identifier;
  std::optional<std::string_view> dev_version;
  Intervals intervals;
  Intervals dev_intervals;
  std::optional<int64_t> last_altered_ts;
  std::optional<int64_t> dev_last_altered_ts;
};

// What all rows of one (name, version) add up to. Views as in the rows.
struct FoldedGroup {
  std::vector<FoldedKey> keys;  // in order of first appearance, without those that came to nothing
  Intervals pending;            // shared by all keys
  int64_t max_created_ts = 0;   // of any row, 0 without rows
};

// `rows` must be in SQLMesh's order: created_ts, then not removed before
// removed, then not pending before pending.
FoldedGroup FoldIntervals(std::span<const IntervalRow> rows);

// From what the rows of one (name, version) say to what one snapshot of that
// version has: the lists and times a state file shows for it. The rules are
// those of SQLMesh's Snapshot.merge_intervals.

struct SnapshotIntervalFacts {
  std::string_view identifier;
  std::string_view dev_version;
  // The snapshot's effective_from as TimestampMs() gives it (time/time_like.h);
  // 0 or less: none.
  int64_t effective_from_ms = 0;
  IntervalUnit unit = IntervalUnit::kDay;
  bool allow_partials = false;
  // What the stored JSON says; the result is never earlier.
  std::optional<int64_t> last_altered_ts;
  std::optional<int64_t> dev_last_altered_ts;
};

struct SnapshotIntervalLists {
  Intervals intervals;
  Intervals dev_intervals;
  Intervals pending_restatement_intervals;
  std::optional<int64_t> last_altered_ts;
  std::optional<int64_t> dev_last_altered_ts;
  bool operator==(const SnapshotIntervalLists&) const = default;
};

// `group` is the fold of all rows with the snapshot's name and version. Ranges
// that SQLMesh cannot read (outside the years 1 to 9999, or ending before they
// start) are left out; SQLMesh would fail on them.
SnapshotIntervalLists AssignIntervals(const FoldedGroup& group, const SnapshotIntervalFacts& facts);

// One snapshot of the file; the lists as the file has them, in any order.
struct FileIntervals {
  std::string_view identifier;
  std::string_view dev_version;
  std::span<const Interval> intervals;
  std::span<const Interval> dev_intervals;
  std::span<const Interval> pending_restatement_intervals;
};

struct IntervalAppends {
  // is_removed is never set and last_altered_ts always NULL, as in SQLMesh;
  // is_compacted is false. Rows of pending ranges name no snapshot. created_ts
  // is the same for all: later than every row there is, never before now.
  std::vector<IntervalRow> rows;
  int64_t skipped_empty = 0;    // ranges with start >= end: SQLMesh skips them, too
  int64_t already_covered = 0;  // ranges that need no row
};

// For one (name, version): `existing` is the fold of its rows in the database,
// `snapshots` are all snapshots of the file with this name and version, together
// (SQLMesh writes the pending ranges of a batch after all its other ranges).
// `now_ms` is the time of the import. Views are those of `snapshots`.
IntervalAppends PlanIntervalAppends(const FoldedGroup& existing,
                                    std::span<const FileIntervals> snapshots, int64_t now_ms);

// The years 1 to 9999, which is all that SQLMesh can read; epoch ms.
inline constexpr int64_t kFirstMs = -62'135'596'800'000;
inline constexpr int64_t kLastMs = 253'402'300'799'999;

inline bool InCalendar(int64_t ms) { return ms >= kFirstMs && ms <= kLastMs; }

// The latest start of a unit that is not after `ms`, and the first one after
// it. `ms` must be InCalendar().
int64_t FloorToUnit(int64_t ms, IntervalUnit unit);
int64_t NextUnit(int64_t ms, IntervalUnit unit);

// The whole units inside `range`, as SQLMesh's inclusive_exclusive(strict=False,
// expand=False): the start goes up to the next unit, the end down. With
// `allow_partials` the start goes down and the end stays. The result may be
// empty (start >= end). Both ends must be InCalendar().
//
// Two habits of SQLMesh are kept, because an export must show what SQLMesh
// shows: a number that reads as YYYYMMDD (only in the first day of 1970) is that
// date, and a partial end passes through a float, which costs some of them a
// millisecond (none of the years 2020 to 2035).
Interval AlignInside(Interval range, IntervalUnit unit, bool allow_partials);

}  // namespace stateserver::state
