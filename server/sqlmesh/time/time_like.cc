// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/time/time_like.h"

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "server/sqlmesh/intervals/intervals.h"
#include "server/sqlmesh/time/interval_unit.h"

namespace stateserver::state {

namespace {

int Number(std::string_view digits) {
  int value = 0;
  for (char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

// strptime takes the longest month, then the longest day that fits; it tries a shorter month only
// if no day is left. Returns nullopt if this does not consume the whole text.
std::optional<int64_t> Parse(std::string_view text) {
  const int year = Number(text.substr(0, 4));
  for (size_t month_length : {2, 1}) {
    std::string_view rest = text.substr(4);
    if (rest.size() <= month_length) continue;
    const int month = Number(rest.substr(0, month_length));
    rest.remove_prefix(month_length);
    if (month < 1 || month > 12) continue;
    for (size_t day_length : {2, 1}) {
      if (rest.size() < day_length) continue;
      const int day = Number(rest.substr(0, day_length));
      if (day < 1 || day > 31) continue;
      const absl::CivilDay date(year, month, day);
      if (rest.size() != day_length || date.day() != day) return std::nullopt;
      return (date - absl::CivilDay()) * kDayMs;
    }
  }
  return std::nullopt;
}

// Fields reads fixed-width fields from the front of a text.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }

  bool Consume(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Reads exactly `width` digits.
  bool Number(size_t width, int* value) {
    if (CountDigits() < width) return false;
    *value = 0;
    for (size_t i = 0; i < width; ++i) *value = *value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(width);
    return true;
  }

  // Reads one to six digits as a fraction of a second.
  bool Micros(int* value) {
    const size_t width = CountDigits();
    if (width < 1 || width > 6 || !Number(width, value)) return false;
    for (size_t i = width; i < 6; ++i) *value *= 10;
    return true;
  }

 private:
  size_t CountDigits() const {
    size_t count = 0;
    while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') ++count;
    return count;
  }

  std::string_view rest_;
};

struct Clock {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micros = 0;
};

bool ReadDate(Fields& fields, absl::CivilDay* date) {
  int year = 0, month = 0, day = 0;
  if (!fields.Number(4, &year) || !fields.Consume('-') || !fields.Number(2, &month) ||
      !fields.Consume('-') || !fields.Number(2, &day)) {
    return false;
  }
  *date = absl::CivilDay(year, month, day);
  return year >= 1 && date->month() == month && date->day() == day;
}

bool ReadClock(Fields& fields, Clock* clock) {
  if (!fields.Number(2, &clock->hour) || !fields.Consume(':') ||
      !fields.Number(2, &clock->minute)) {
    return false;
  }
  if (fields.Consume(':')) {
    if (!fields.Number(2, &clock->second)) return false;
    if (fields.Consume('.') && !fields.Micros(&clock->micros)) return false;
  }
  return clock->hour < 24 && clock->minute < 60 && clock->second < 60;
}

// dateparser only knows offsets that some place in the world has had.
bool IsKnownOffset(int minutes) {
  constexpr int kOdd[] = {-210, -270, 210, 270, 330, 345, 390, 570, 630, 765};
  if (minutes % 60 == 0) return minutes >= -12 * 60 && minutes <= 14 * 60;
  for (int odd : kOdd) {
    if (minutes == odd) return true;
  }
  return false;
}

// Reads an offset in minutes east of UTC.
bool ReadOffset(Fields& fields, int* minutes) {
  *minutes = 0;
  if (fields.Consume('Z')) return true;
  const int sign = fields.Consume('+') ? 1 : -1;
  if (sign < 0 && !fields.Consume('-')) return false;
  int hour = 0, minute = 0;
  if (!fields.Number(2, &hour) || !fields.Consume(':') || !fields.Number(2, &minute)) return false;
  *minutes = sign * (hour * 60 + minute);
  return IsKnownOffset(*minutes);
}

std::optional<int64_t> TimestampOfDigits(std::string_view text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  auto [after, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || after != end || !InCalendar(number)) return std::nullopt;
  return TimestampMs(number);
}

constexpr int64_t kSecond = 1'000'000;  // in microseconds
constexpr int64_t kDayMicros = 86'400 * kSecond;
// SQLMesh runs out of years beyond this anyway; products stay far from an overflow.
constexpr int64_t kMaxCount = 1'000'000;
// SQLMesh also counts the text from today and rejects results beyond the year 9999. To stay
// independent of the clock, no result is given near that limit.
constexpr int64_t kMaxMonths = 7'000 * 12;

struct Unit {
  std::string_view name;
  int64_t months;
  int64_t micros;
};

constexpr Unit kDurationUnits[] = {
    {"second", 0, kSecond}, {"minute", 0, 60 * kSecond}, {"hour", 0, 3600 * kSecond},
    {"day", 0, kDayMicros}, {"week", 0, 7 * kDayMicros}, {"month", 1, 0},
    {"year", 12, 0}};

const Unit* FindUnit(std::string_view word) {
  if (!word.empty() && word.back() == 's') word.remove_suffix(1);
  for (const Unit& unit : kDurationUnits) {
    if (unit.name == word) return &unit;
  }
  return nullptr;
}

std::optional<int64_t> Count(std::string_view word) {
  if (word == "a" || word == "an" || word == "one") return 1;
  int64_t count = 0;
  auto [after, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  if (error != std::errc() || after != word.data() + word.size()) return std::nullopt;
  if (count < 1 || count > kMaxCount) return std::nullopt;
  return count;
}

// A comma ends a word and is itself a word.
std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words(1);
  for (char c : text) {
    if (c == ' ' || c == ',') {
      if (!words.back().empty()) words.emplace_back();
      if (c == ',') {
        words.back() = ",";
        words.emplace_back();
      }
    } else {
      words.back() += c;
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

struct Delta {
  int64_t months = 0;
  int64_t micros = 0;
};

std::optional<Delta> ParseDelta(const std::vector<std::string>& words) {
  if (words.size() < 3 || (words[0] != "in" && words[0] != "In")) return std::nullopt;
  Delta delta;
  std::vector<const Unit*> seen;
  for (size_t i = 1; i < words.size(); i += 2) {
    if (!seen.empty() && (words[i] == "," || words[i] == "and")) ++i;
    if (i + 1 >= words.size()) return std::nullopt;
    const std::optional<int64_t> count = Count(words[i]);
    const Unit* unit = FindUnit(words[i + 1]);
    if (!count || unit == nullptr) return std::nullopt;
    for (const Unit* earlier : seen) {
      if (earlier == unit) return std::nullopt;  // the last one would win
    }
    seen.push_back(unit);
    delta.months += *count * unit->months;
    delta.micros += *count * unit->micros;
  }
  return delta;
}

// Returns the same day and time some months later, or that month's last day.
int64_t AddMonths(int64_t micros, int64_t months) {
  const int64_t days = FloorDivide(micros, kDayMicros);
  const absl::CivilDay day = absl::CivilDay() + days;
  const absl::CivilMonth month = absl::CivilMonth(day) + months;
  absl::CivilDay moved = absl::CivilDay(month) + (day.day() - 1);
  if (absl::CivilMonth(moved) != month) moved = absl::CivilDay(month + 1) - 1;
  return (moved - absl::CivilDay()) * kDayMicros + (micros - days * kDayMicros);
}

// Returns SQLMesh's to_datetime() of epoch milliseconds, in microseconds.
int64_t MicrosOfMs(int64_t ms) {
  // Like datetime.fromtimestamp: whole seconds separately, the rest rounded to microseconds.
  double seconds = 0;
  const double fraction = std::modf(static_cast<double>(ms) / 1000.0, &seconds);
  return static_cast<int64_t>(seconds) * 1'000'000 +
         static_cast<int64_t>(std::nearbyint(fraction * 1e6));
}

// Returns SQLMesh's to_timestamp() of a time in microseconds.
int64_t FloatMsOfMicros(int64_t micros) {
  // Python divides the integers exactly and rounds once; from the year 2255 a double would have to
  // round them before.
  return static_cast<int64_t>(static_cast<double>(static_cast<long double>(micros) / 1e6L) *
                              1000.0);
}

}  // namespace

std::optional<int64_t> DateNumberMs(int64_t number) {
  if (number < 100'000 || number > 99'999'999) return std::nullopt;
  return Parse(std::to_string(number));
}

bool IsDateNumber(int64_t number) {
  // Compares first, so that the negation cannot overflow.
  return DateNumberMs(number < 0 && number > -100'000'000 ? -number : number).has_value();
}

int64_t FloatMs(int64_t ms) { return FloatMsOfMicros(MicrosOfMs(ms)); }

std::optional<int64_t> TimestampMs(std::string_view text) {
  if (text.find('-', 1) == std::string_view::npos) return TimestampOfDigits(text);
  Fields fields(text);
  absl::CivilDay date;
  Clock clock;
  int offset = 0;
  if (!ReadDate(fields, &date)) return std::nullopt;
  if (!fields.done()) {
    if (!fields.Consume(' ') && !fields.Consume('T')) return std::nullopt;
    if (!ReadClock(fields, &clock)) return std::nullopt;
    if (!fields.done() && !ReadOffset(fields, &offset)) return std::nullopt;
    if (!fields.done()) return std::nullopt;
  }
  const int64_t minutes =
      (date - absl::CivilDay()) * 1440 + clock.hour * 60 + clock.minute - offset;
  return FloatMsOfMicros((minutes * 60 + clock.second) * 1'000'000 + clock.micros);
}

int64_t TimestampMs(int64_t number) {
  return DateNumberMs(number).value_or(InCalendar(number) ? FloatMs(number) : number);
}

std::optional<int64_t> TtlMs(std::string_view ttl, int64_t updated_ts) {
  const std::optional<Delta> delta = ParseDelta(Words(ttl));
  if (!delta || delta->months > kMaxMonths || !InCalendar(updated_ts)) return std::nullopt;
  int64_t micros = MicrosOfMs(DateNumberMs(updated_ts).value_or(updated_ts));
  if (delta->months != 0) micros = AddMonths(micros, delta->months);
  const int64_t expires = FloatMsOfMicros(micros + delta->micros);
  if (!InCalendar(expires)) return std::nullopt;
  return expires - updated_ts;
}

}  // namespace stateserver::state
