// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/intervals/fold.h"

#include <algorithm>

namespace stateserver::state {
namespace {

// Position of the row's key, added when new. A run of rows of one key is the
// rule, so the last one used is tried first.
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

// NULL and 0 say nothing.
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
    // Data that was computed after a restatement was asked for answers it.
    Subtract(pending, range);
  }
}

}  // namespace

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

}  // namespace stateserver::state
