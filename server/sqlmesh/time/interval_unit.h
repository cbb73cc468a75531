// SPDX-License-Identifier: Apache-2.0
//
// The granularity of a node's data intervals (IntervalUnit in SQLMesh).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stateserver::state {

// Milliseconds of a UTC day, without leap seconds.
inline constexpr int64_t kDayMs = 86'400'000;

// Divides and rounds down, also for times before 1970; `divisor` must be positive.
constexpr int64_t FloorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

// IntervalUnit lists the units from the largest to the smallest.
enum class IntervalUnit { kYear, kMonth, kDay, kHour, kHalfHour, kQuarterHour, kFiveMinute };

// Returns "year", "month", "day", "hour", "half_hour", "quarter_hour" or "five_minute".
std::string_view IntervalUnitName(IntervalUnit unit);

// Parses a name, ignoring case as SQLMesh does. Returns nullopt for any other text.
std::optional<IntervalUnit> IntervalUnitFromName(std::string_view name);

// Returns the length in milliseconds. For year and month it is the shortest that SQLMesh uses (365
// and 28 days), not a step of the calendar.
int64_t IntervalUnitMs(IntervalUnit unit);

// Returns the largest unit that fits into `gap_ms`, or nullopt below five minutes.
std::optional<IntervalUnit> LargestUnitWithin(int64_t gap_ms);

}  // namespace stateserver::state
