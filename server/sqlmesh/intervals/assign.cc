// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/intervals/assign.h"

#include <algorithm>

#include "server/sqlmesh/time/align.h"

namespace stateserver::state {
namespace {

void AddAligned(Interval range, const SnapshotIntervalFacts& facts, Intervals& list) {
  if (range.start > range.end || !InCalendar(range.start) || !InCalendar(range.end)) return;
  Interval inside = AlignInside(range, facts.unit, facts.allow_partials);
  if (inside.start < inside.end) AddMerged(list, inside);
}

void Raise(std::optional<int64_t>& latest, std::optional<int64_t> candidate) {
  if (candidate) latest = std::max(latest.value_or(0), *candidate);
}

// Data from effective_from on must come from the snapshot itself; `limit` is
// that time where it applies to this key.
void AddOwnAndInherited(const FoldedKey& key, std::optional<int64_t> limit,
                        const SnapshotIntervalFacts& facts, Intervals& list) {
  for (Interval range : key.intervals) {
    if (limit && range.start < *limit) range.end = std::min(range.end, *limit);
    if (!limit || range.end <= *limit) AddAligned(range, facts, list);
  }
}

}  // namespace

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

}  // namespace stateserver::state
