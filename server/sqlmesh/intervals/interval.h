// SPDX-License-Identifier: Apache-2.0
//
// Half-open ranges [start, end) of epoch milliseconds and sorted lists of them,
// with the arithmetic of SQLMesh's merge_intervals and remove_interval. The
// results are equal to SQLMesh's even for empty (start == end) ranges, which a
// list of pending restatements may hold.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

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

}  // namespace stateserver::state
