// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/time/cron.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/text.h"

namespace stateserver::state {

namespace {

// CronFields holds the five fields of a cron as sets of numbers.
struct CronFields {
  // Bit i is set if value i is included. Minutes 0-59, hours 0-23, days 1-31, months 1-12, weekdays
  // 0-6 from Sunday.
  uint64_t minutes = 0;
  uint64_t hours = 0;
  uint64_t days = 0;
  uint64_t months = 0;
  uint64_t weekdays = 0;
  bool last_day = false;  // `l`; replaces `days`
  // NthWeekday is `1#2` or `l5`, and replaces `weekdays`. Occurrence 0 is the last such weekday of
  // the month.
  struct NthWeekday {
    int weekday = 0;
    int occurrence = 0;
  };
  std::vector<NthWeekday> nth_weekdays;
  // True if both day of month and day of week are restricted; one match is then sufficient.
  bool either_day = false;
};

constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

// Range holds the valid values of one field; `first_name` is the number of names[0].
struct Range {
  int low = 0;
  int high = 0;
  int first_name = 0;
  std::span<const std::string_view> names;
  bool also_7 = false;  // for weekdays: another name of 0
};

std::vector<std::string_view> Split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    size_t end = text.find_first_of(separators, begin);
    if (end == std::string_view::npos) end = text.size();
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::optional<int> SmallNumber(std::string_view text) {
  if (text.empty() || text.size() > 2) return std::nullopt;
  int value = 0;
  for (char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  return value;
}

// Parses a number or a name inside the range of the field.
std::optional<int> Value(std::string_view text, const Range& range) {
  std::optional<int> value = SmallNumber(text);
  for (size_t i = 0; !value && i < range.names.size(); ++i) {
    if (range.names[i] == text) value = range.first_name + static_cast<int>(i);
  }
  const int high = range.also_7 ? 7 : range.high;
  if (value && (*value < range.low || *value > high)) return std::nullopt;
  return value;
}

uint64_t Steps(int low, int high, int step) {
  uint64_t values = 0;
  for (int value = low; value <= high; value += step) values |= uint64_t{1} << value;
  return values;
}

// Parses `*`, `a` or `a-b`, each with or without `/step`.
std::optional<uint64_t> Element(std::string_view text, const Range& range) {
  const std::vector<std::string_view> halves = Split(text, "/");
  if (halves.size() > 2) return std::nullopt;
  const bool stepped = halves.size() == 2;
  const std::optional<int> step = stepped ? SmallNumber(halves[1]) : 1;
  if (!step || *step == 0) return std::nullopt;

  int low = range.low, high = range.high;
  if (halves[0] != "*") {
    const std::vector<std::string_view> bounds = Split(halves[0], "-");
    if (bounds.size() > 2) return std::nullopt;
    const std::optional<int> first = Value(bounds[0], range);
    const std::optional<int> last = Value(bounds.back(), range);
    if (!first || !last) return std::nullopt;
    low = *first;
    if (bounds.size() == 2) high = *last;
    if (bounds.size() == 1 && !stepped) high = low;
    // Releases of croniter differ on `a-a`, on a step from the last value, and on steps with
    // wrap-around.
    if (low == high && (bounds.size() == 2 || stepped)) return std::nullopt;
    const bool with_7 = range.also_7 && (low == 7 || high == 7);
    if (stepped && (low > high || with_7)) return std::nullopt;
  }
  uint64_t values =
      low <= high ? Steps(low, high, *step) : Steps(low, range.high, 1) | Steps(range.low, high, 1);
  if (range.also_7 && (low == 7 || high == 7)) values = (values & 0x7f) | 1;
  return values;
}

std::optional<uint64_t> List(std::string_view field, const Range& range) {
  uint64_t values = 0;
  for (std::string_view element : Split(field, ",")) {
    std::optional<uint64_t> some = Element(element, range);
    if (!some) return std::nullopt;
    values |= *some;
  }
  return values;
}

constexpr std::string_view kMonthNames[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                            "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kWeekdayNames[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

constexpr Range kMinutes{0, 59, 0, {}, false};
constexpr Range kHours{0, 23, 0, {}, false};
constexpr Range kDays{1, 31, 0, {}, false};
constexpr Range kMonths{1, 12, 1, kMonthNames, false};
constexpr Range kWeekdays{0, 6, 0, kWeekdayNames, true};

constexpr uint64_t kAllDays = 0xfffffffe;
constexpr uint64_t kAllWeekdays = 0x7f;

// Parses `1#2` or `l5`, separated by commas.
bool NthWeekdays(std::string_view field, std::vector<CronFields::NthWeekday>* found) {
  for (std::string_view element : Split(field, ",")) {
    const bool last = !element.empty() && element.front() == 'l';
    const std::vector<std::string_view> halves = Split(last ? element.substr(1) : element, "#");
    const std::optional<int> weekday = Value(halves[0], kWeekdays);
    if (!weekday || halves.size() != (last ? 1 : 2)) return false;
    // croniter accepts a name before `#`, but only a digit after `l`.
    if (last && !SmallNumber(halves[0])) return false;
    const std::optional<int> occurrence = last ? 0 : SmallNumber(halves[1]);
    if (!occurrence || (!last && (*occurrence < 1 || *occurrence > 5))) return false;
    found->push_back({*weekday % 7, *occurrence});
  }
  return true;
}

bool ParseDays(std::string_view days, std::string_view weekdays, CronFields* fields) {
  const bool any_day = days == "*" || days == "?";
  const bool any_weekday = weekdays == "*" || weekdays == "?";
  fields->days = kAllDays;
  fields->weekdays = kAllWeekdays;
  if (days == "l") {
    fields->last_day = true;
  } else if (!any_day) {
    std::optional<uint64_t> list = List(days, kDays);
    if (!list) return false;
    fields->days = *list;
  }
  if (weekdays.find_first_of("#l") != std::string_view::npos) {
    // Together with a day of month, croniter mixes "and" and "or".
    return any_day && NthWeekdays(weekdays, &fields->nth_weekdays);
  }
  if (!any_weekday) {
    std::optional<uint64_t> list = List(weekdays, kWeekdays);
    if (!list) return false;
    fields->weekdays = *list;
  }
  // A list of all values is treated as `*` if the other field contains a star.
  const bool days_open = any_day || (fields->days == kAllDays && !fields->last_day &&
                                     weekdays.find('*') != std::string_view::npos);
  const bool weekdays_open =
      any_weekday || (fields->weekdays == kAllWeekdays && days.find('*') != std::string_view::npos);
  fields->either_day = !days_open && !weekdays_open;
  return true;
}

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

// Returns the minutes of the day at which a matching day ticks.
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

// Returns the gaps between matching days for a century, which is long enough for 29 February.
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

// Windows computes what croniter sees from every tick on; the result is certain as long as it is
// always the same.
class Windows {
 public:
  // `gap` is in minutes.
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
  // The next gaps are not adjacent to the previous ones.
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

// Parses a cron. Supports @daily and similar names, names of months and weekdays, lists, ranges
// (including wrap-around: `22-4`), steps, `?`, the day `l`, and the weekdays `7`, `1#2` and `l5`,
// as far as all releases of croniter agree on the meaning. Returns nullopt for everything else.
std::optional<CronFields> ParseCron(std::string_view cron) {
  std::string text = Lower(cron);
  for (const auto& [alias, meaning] : kAliases) {
    if (text == alias) text = meaning;
  }
  std::vector<std::string_view> parts = Split(text, " \t\n\r\f\v");
  std::erase(parts, std::string_view());
  if (parts.size() != 5) return std::nullopt;

  CronFields fields;
  std::optional<uint64_t> minutes = List(parts[0], kMinutes);
  std::optional<uint64_t> hours = List(parts[1], kHours);
  std::optional<uint64_t> months = List(parts[3], kMonths);
  if (!minutes || !hours || !months) return std::nullopt;
  fields.minutes = *minutes;
  fields.hours = *hours;
  fields.months = *months;
  if (!ParseDays(parts[2], parts[4], &fields)) return std::nullopt;
  return fields;
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
    // No window spans two nights, so each length of night is checked only once.
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
