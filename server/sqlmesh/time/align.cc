// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/time/align.h"

#include "absl/time/civil_time.h"
#include "server/sqlmesh/time/day.h"
#include "server/sqlmesh/time/number_time.h"

namespace stateserver::state {
namespace {

absl::CivilDay DayOf(int64_t ms) { return absl::CivilDay() + FloorDivide(ms, kDayMs); }

int64_t MsOf(absl::CivilDay day) { return (day - absl::CivilDay()) * kDayMs; }

}  // namespace

int64_t FloorToUnit(int64_t ms, IntervalUnit unit) {
  switch (unit) {
    case IntervalUnit::kYear:
      return MsOf(absl::CivilDay(absl::CivilYear(DayOf(ms))));
    case IntervalUnit::kMonth:
      return MsOf(absl::CivilDay(absl::CivilMonth(DayOf(ms))));
    default:
      return FloorDivide(ms, IntervalUnitMs(unit)) * IntervalUnitMs(unit);
  }
}

int64_t NextUnit(int64_t ms, IntervalUnit unit) {
  switch (unit) {
    case IntervalUnit::kYear:
      return MsOf(absl::CivilDay(absl::CivilYear(DayOf(ms)) + 1));
    case IntervalUnit::kMonth:
      return MsOf(absl::CivilDay(absl::CivilMonth(DayOf(ms)) + 1));
    default:
      return FloorToUnit(ms, unit) + IntervalUnitMs(unit);
  }
}

Interval AlignInside(Interval range, IntervalUnit unit, bool allow_partials) {
  const int64_t start = DateNumberMs(range.start).value_or(range.start);
  Interval inside{FloorToUnit(start, unit), 0};
  if (!allow_partials && inside.start < start) inside.start = NextUnit(start, unit);

  int64_t end = DateNumberMs(range.end).value_or(range.end);
  if (IsDateNumber(range.end)) end += kDayMs;
  inside.end = allow_partials ? FloatMs(end) : FloorToUnit(end, unit);
  return inside;
}

}  // namespace stateserver::state
