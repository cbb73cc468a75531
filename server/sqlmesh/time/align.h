// SPDX-License-Identifier: Apache-2.0
//
// Cutting ranges of time to a node's interval unit, in UTC, exactly as SQLMesh
// does (inclusive_exclusive, IntervalUnit.cron_floor).
#pragma once

#include <cstdint>

#include "server/sqlmesh/intervals/interval.h"
#include "server/sqlmesh/time/interval_unit.h"

namespace stateserver::state {

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
