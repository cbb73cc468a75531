// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/intervals/append.h"

#include <algorithm>

namespace stateserver::state {
namespace {

class Planner {
 public:
  Planner(const FoldedGroup& existing, std::span<const FileIntervals> snapshots, int64_t now_ms)
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

  // A range clears the pending restatements before it, also where its data is
  // known already. If the file does not ask for those again, leaving covered
  // ranges out would keep what SQLMesh's import clears.
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
    if (range.start >= range.end) {
      ++appends_.skipped_empty;
      return;
    }
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

  // Pending ranges belong to the version: each is written once, however many
  // snapshots share it, and only if it still stands out after the rows above.
  void AddPending() {
    Intervals pending = existing_.pending;
    for (const IntervalRow& row : appends_.rows) {
      if (!row.is_dev) Subtract(pending, {row.start_ts, row.end_ts});
    }
    for (const FileIntervals& snapshot : snapshots_) {
      for (Interval range : snapshot.pending_restatement_intervals) {
        if (range.start > range.end) {
          ++appends_.skipped_empty;
        } else if (Covers(pending, range)) {
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

}  // namespace

IntervalAppends PlanIntervalAppends(const FoldedGroup& existing,
                                    std::span<const FileIntervals> snapshots, int64_t now_ms) {
  return Planner(existing, snapshots, now_ms).Plan();
}

}  // namespace stateserver::state
