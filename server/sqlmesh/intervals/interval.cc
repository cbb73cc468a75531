// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/intervals/interval.h"

#include <algorithm>

namespace stateserver::state {
namespace {

// One pass over a sorted list, in place.
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

}  // namespace

void AddMerged(Intervals& list, Interval added) {
  if (list.empty() || added >= list.back()) {
    // Rows come ordered by creation, which is mostly the order of time.
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

Intervals Uncovered(const Intervals& list, Interval range) {
  Intervals rest;
  if (range.start >= range.end) return rest;
  int64_t from = range.start;
  for (const Interval& covered : list) {
    if (covered.end <= from) continue;
    if (covered.start >= range.end) break;
    if (covered.start > from) rest.push_back({from, covered.start});
    from = std::max(from, covered.end);
  }
  if (from < range.end) rest.push_back({from, range.end});
  return rest;
}

}  // namespace stateserver::state
