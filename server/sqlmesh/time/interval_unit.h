// SPDX-License-Identifier: Apache-2.0
//
// The granularity of a node's data intervals (IntervalUnit in SQLMesh).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stateserver::state {

// Days of UTC, which has no leap seconds here.

inline constexpr int64_t kDayMs = 86'400'000;

// Rounds towards the past, for times before 1970 too; `divisor` is positive.
constexpr int64_t FloorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

// From the largest to the smallest.
enum class IntervalUnit { kYear, kMonth, kDay, kHour, kHalfHour, kQuarterHour, kFiveMinute };

// "year", "month", "day", "hour", "half_hour", "quarter_hour", "five_minute".
std::string_view IntervalUnitName(IntervalUnit unit);

// From its name, in any case as in SQLMesh; nullopt for anything else.
std::optional<IntervalUnit> IntervalUnitFromName(std::string_view name);

// Length in milliseconds; for year and month the shortest SQLMesh counts with
// (365 and 28 days), not a step of the calendar.
int64_t IntervalUnitMs(IntervalUnit unit);

// The largest unit that fits into `gap_ms`; nullopt below five minutes.
std::optional<IntervalUnit> LargestUnitWithin(int64_t gap_ms);

}  // namespace stateserver::state
