// SPDX-License-Identifier: Apache-2.0
//
// Half-open ranges [start, end) of epoch milliseconds and sorted lists of them, with the arithmetic
// of SQLMesh's merge_intervals and remove_interval. The results equal SQLMesh's even for empty
// ranges (start == end), which a list of pending restatements may contain.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "server/sqlmesh/time/interval_unit.h"

namespace stateserver::state {

struct Interval {
  int64_t start = 0;
  int64_t end = 0;
  auto operator<=>(const Interval&) const = default;
};

// Intervals is a list sorted by start, without overlapping or adjacent ranges.
using Intervals = std::vector<Interval>;

// Adds `added` and merges ranges that overlap or touch. O(1) at the end of the list, O(n)
// elsewhere.
void AddMerged(Intervals& list, Interval added);

// Removes `removed` from the list. A range with start >= end removes nothing.
void Subtract(Intervals& list, Interval removed);

// Returns true if adding `range` would not change the list.
bool Covers(const Intervals& list, Interval range);

// IntervalRow is one row of `_intervals` for one (name, version). The views belong to the caller.
struct IntervalRow {
  std::optional<std::string_view> identifier;   // NULL: pending, or the snapshot no longer exists
  std::optional<std::string_view> dev_version;  // NULL: likewise, and before schema 71
  int64_t created_ts = 0;                       // epoch ms, like the next two
  int64_t start_ts = 0;
  int64_t end_ts = 0;
  bool is_dev = false;
  bool is_removed = false;
  bool is_pending_restatement = false;
  std::optional<int64_t> last_altered_ts;
  bool operator==(const IntervalRow&) const = default;
};

// FoldedKey is the combined effect of the rows of one (dev_version, identifier).
struct FoldedKey {
  std::optional<std::string_view> identifier;
  std::optional<std::string_view> dev_version;
  Intervals intervals;
  Intervals dev_intervals;
  std::optional<int64_t> last_altered_ts;
  std::optional<int64_t> dev_last_altered_ts;
};

// FoldedGroup is the combined effect of all rows of one (name, version). Its views are those of the
// rows.
struct FoldedGroup {
  std::vector<FoldedKey> keys;  // in order of first appearance, without keys whose ranges cancel
                                // out
  Intervals pending;            // shared by all keys
  int64_t max_created_ts = 0;   // maximum over all rows; 0 without rows
};

// Folds the rows. `rows` must be in SQLMesh's order: created_ts, then not removed before removed,
// then not pending before pending.
FoldedGroup FoldIntervals(std::span<const IntervalRow> rows);

// SnapshotIntervalFacts holds the properties of a snapshot that determine which of the ranges of
// its (name, version) apply to it.
struct SnapshotIntervalFacts {
  std::string_view identifier;
  std::string_view dev_version;
  // The snapshot's effective_from as returned by TimestampMs() (time/time_like.h); 0 or less means
  // none.
  int64_t effective_from_ms = 0;
  IntervalUnit unit = IntervalUnit::kDay;
  bool allow_partials = false;
  // Values in the stored JSON; the result is never earlier.
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

// Computes the lists and times that a state file shows for one snapshot, by the rules of SQLMesh's
// Snapshot.merge_intervals. `group` is the fold of all rows with the snapshot's name and version.
// Omits ranges that SQLMesh cannot read (outside the years 1 to 9999, or ending before they start),
// on which SQLMesh would fail.
SnapshotIntervalLists AssignIntervals(const FoldedGroup& group, const SnapshotIntervalFacts& facts);

// FileIntervals holds the ranges of one snapshot of the file, in any order.
struct FileIntervals {
  std::string_view identifier;
  std::string_view dev_version;
  std::span<const Interval> intervals;
  std::span<const Interval> dev_intervals;
  std::span<const Interval> pending_restatement_intervals;
};

struct IntervalAppends {
  // is_removed is never set, last_altered_ts is always NULL (as in SQLMesh), and is_compacted is
  // false. Rows of pending ranges name no snapshot. created_ts is the same for all: later than
  // every existing row and not before now.
  std::vector<IntervalRow> rows;
  int64_t already_covered = 0;  // ranges that need no row
};

// Plans the rows to append for one (name, version). `existing` is the fold of its rows in the
// database. `snapshots` are all snapshots of the file with this name and version together, because
// SQLMesh writes the pending ranges of a batch after all its other ranges. `now_ms` is the time of
// the import. The result's views are those of `snapshots`.
IntervalAppends PlanIntervalAppends(const FoldedGroup& existing,
                                    std::span<const FileIntervals> snapshots, int64_t now_ms);

// The limits of the years 1 to 9999, the only years that SQLMesh can read; epoch ms.
inline constexpr int64_t kFirstMs = -62'135'596'800'000;
inline constexpr int64_t kLastMs = 253'402'300'799'999;

inline bool InCalendar(int64_t ms) { return ms >= kFirstMs && ms <= kLastMs; }

// Return the latest start of a unit that is not after `ms`, and the first start after it. `ms` must
// be InCalendar().
int64_t FloorToUnit(int64_t ms, IntervalUnit unit);
int64_t NextUnit(int64_t ms, IntervalUnit unit);

// Returns the whole units inside `range`, like SQLMesh's inclusive_exclusive(strict=False,
// expand=False): the start is rounded up to the next unit, the end down. With `allow_partials` the
// start is rounded down and the end is unchanged. The result may be empty (start >= end). Both ends
// must be InCalendar().
//
// Two peculiarities of SQLMesh are reproduced, because an export must match SQLMesh's: a number
// that reads as YYYYMMDD (only possible in the first day of 1970) is that date, and a partial end
// passes through a float, which costs some ends a millisecond (none in the years 2020 to 2035).
Interval AlignInside(Interval range, IntervalUnit unit, bool allow_partials);

}  // namespace stateserver::state
