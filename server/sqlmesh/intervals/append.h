// SPDX-License-Identifier: Apache-2.0
//
// What an import adds to `_intervals`. SQLMesh appends every range of the file
// again at each import; here a range the rows already add up to is left out,
// and the fold of all rows afterwards is the same as after SQLMesh's import.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/sqlmesh/intervals/fold.h"
#include "server/sqlmesh/intervals/interval.h"

namespace stateserver::state {

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

}  // namespace stateserver::state
