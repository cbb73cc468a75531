// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/time/cron_unit.h"

#include <algorithm>
#include <vector>

#include "absl/time/civil_time.h"
#include "server/sqlmesh/time/cron_fields.h"

namespace stateserver::state {
namespace {

constexpr int64_t kMinutesPerDay = 1440;
constexpr int64_t kMinuteMs = 60'000;
// croniter's five ticks have four gaps.
constexpr size_t kWindow = 4;

bool Has(uint64_t set, int value) { return ((set >> value) & 1) != 0; }

int WeekdayOf(absl::CivilDay day) {  // 0 is Sunday
  return (static_cast<int>(absl::GetWeekday(day)) + 1) % 7;
}

bool IsLastOfMonth(absl::CivilDay day) { return (day + 1).day() == 1; }

bool IsNthWeekday(const CronFields& fields, absl::CivilDay day) {
  const int weekday = WeekdayOf(day);
  for (const CronFields::NthWeekday& nth : fields.nth_weekdays) {
    if (nth.weekday != weekday) continue;
    if (nth.occurrence == 0 ? (day + 7).month() != day.month()
                            : (day.day() - 1) / 7 + 1 == nth.occurrence) {
      return true;
    }
  }
  return false;
}

bool Matches(const CronFields& fields, absl::CivilDay day) {
  if (!Has(fields.months, day.month())) return false;
  if (!fields.nth_weekdays.empty()) return IsNthWeekday(fields, day);
  const bool by_date = fields.last_day ? IsLastOfMonth(day) : Has(fields.days, day.day());
  const bool by_weekday = Has(fields.weekdays, WeekdayOf(day));
  return fields.either_day ? by_date || by_weekday : by_date && by_weekday;
}

// Minutes of the day at which a matching day ticks.
std::vector<int64_t> MinutesOfDay(const CronFields& fields) {
  std::vector<int64_t> minutes;
  for (int hour = 0; hour < 24; ++hour) {
    if (!Has(fields.hours, hour)) continue;
    for (int minute = 0; minute < 60; ++minute) {
      if (Has(fields.minutes, minute)) minutes.push_back(hour * 60 + minute);
    }
  }
  return minutes;
}

// From one matching day to the next, for a century: long enough for 29 February.
std::vector<int64_t> DayGaps(const CronFields& fields) {
  std::vector<int64_t> gaps;
  std::optional<absl::CivilDay> last;
  for (absl::CivilDay day(2000, 1, 1); day < absl::CivilDay(2100, 1, 1); ++day) {
    if (!Matches(fields, day)) continue;
    if (last) gaps.push_back(day - *last);
    last = day;
  }
  return gaps;
}

// Adds up what croniter sees from every tick on; certain as long as it is the same.
class Windows {
 public:
  // `gap` in minutes.
  void Add(int64_t gap) {
    const auto unit = LargestUnitWithin(gap * kMinuteMs);
    too_short_ |= !unit.has_value();
    units_.push_back(unit.value_or(IntervalUnit::kFiveMinute));
    if (units_.size() < kWindow) return;
    // Units are ordered from the largest to the smallest.
    const IntervalUnit seen = *std::max_element(units_.end() - kWindow, units_.end());
    certain_ &= !result_ || *result_ == seen;
    result_ = seen;
  }
  // The gaps that follow do not follow these.
  void Restart() { units_.clear(); }

  std::optional<IntervalUnit> result() const {
    return certain_ && !too_short_ ? result_ : std::nullopt;
  }

 private:
  std::vector<IntervalUnit> units_;
  std::optional<IntervalUnit> result_;
  bool certain_ = true;
  bool too_short_ = false;
};

void AddDay(const std::vector<int64_t>& minutes, Windows& windows) {
  for (size_t i = 1; i < minutes.size(); ++i) windows.Add(minutes[i] - minutes[i - 1]);
}

void AddNight(const std::vector<int64_t>& minutes, int64_t days, Windows& windows) {
  windows.Add(days * kMinutesPerDay + minutes.front() - minutes.back());
}

}  // namespace

std::optional<IntervalUnit> IntervalUnitFromCron(std::string_view cron) {
  const std::optional<CronFields> fields = ParseCron(cron);
  if (!fields) return std::nullopt;
  const std::vector<int64_t> minutes = MinutesOfDay(*fields);
  std::vector<int64_t> gaps = DayGaps(*fields);
  if (gaps.size() < 2 * kWindow) return std::nullopt;

  Windows windows;
  if (minutes.size() > kWindow) {
    // No window spans two nights, so each length of night needs one look only.
    std::sort(gaps.begin(), gaps.end());
    gaps.erase(std::unique(gaps.begin(), gaps.end()), gaps.end());
    for (int64_t gap : gaps) {
      windows.Restart();
      AddDay(minutes, windows);
      AddNight(minutes, gap, windows);
      AddDay(minutes, windows);
    }
  } else {
    AddDay(minutes, windows);
    for (int64_t gap : gaps) {
      AddNight(minutes, gap, windows);
      AddDay(minutes, windows);
    }
  }
  return windows.result();
}

std::optional<IntervalUnit> CronUnits::Get(std::string_view cron) {
  auto [entry, is_new] = known_.try_emplace(std::string(cron));
  if (is_new) entry->second = IntervalUnitFromCron(cron);
  return entry->second;
}

}  // namespace stateserver::state
