// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/time/interval_unit.h"

#include <array>

#include "absl/strings/string_view.h"
#include "common/text.h"

namespace stateserver::state {

namespace {

constexpr int64_t kMinute = 60'000;
constexpr int64_t kDay = 24 * 60 * kMinute;

struct UnitLength {
  IntervalUnit unit;
  std::string_view name;
  int64_t ms;
};

constexpr std::array<UnitLength, 7> kUnits = {{
    {IntervalUnit::kYear, "year", 365 * kDay},
    {IntervalUnit::kMonth, "month", 28 * kDay},
    {IntervalUnit::kDay, "day", kDay},
    {IntervalUnit::kHour, "hour", 60 * kMinute},
    {IntervalUnit::kHalfHour, "half_hour", 30 * kMinute},
    {IntervalUnit::kQuarterHour, "quarter_hour", 15 * kMinute},
    {IntervalUnit::kFiveMinute, "five_minute", 5 * kMinute},
}};

const UnitLength& LengthOf(IntervalUnit unit) { return kUnits[static_cast<size_t>(unit)]; }

}  // namespace

std::string_view IntervalUnitName(IntervalUnit unit) { return LengthOf(unit).name; }

std::optional<IntervalUnit> IntervalUnitFromName(std::string_view name) {
  for (const UnitLength& entry : kUnits) {
    if (EqualIgnoringCase(name, entry.name)) return entry.unit;
  }
  return std::nullopt;
}

int64_t IntervalUnitMs(IntervalUnit unit) { return LengthOf(unit).ms; }

std::optional<IntervalUnit> LargestUnitWithin(int64_t gap_ms) {
  for (const UnitLength& entry : kUnits) {
    if (entry.ms <= gap_ms) return entry.unit;
  }
  return std::nullopt;
}

}  // namespace stateserver::state
