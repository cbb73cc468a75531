// SPDX-License-Identifier: Apache-2.0
//
// From what the rows of one (name, version) say to what one snapshot of that
// version has: the lists and times a state file shows for it. The rules are
// those of SQLMesh's Snapshot.merge_intervals.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/sqlmesh/intervals/fold.h"
#include "server/sqlmesh/intervals/interval.h"
#include "server/sqlmesh/time/interval_unit.h"

namespace stateserver::state {

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

}  // namespace stateserver::state
