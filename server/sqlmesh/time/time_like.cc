// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/time/time_like.h"

#include <charconv>

#include "absl/time/civil_time.h"
#include "server/sqlmesh/time/align.h"
#include "server/sqlmesh/time/number_time.h"

namespace stateserver::state {
namespace {

// Reads a text of fixed-width fields from the front.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }

  bool Take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `width` digits.
  bool Number(size_t width, int* value) {
    if (CountDigits() < width) return false;
    *value = 0;
    for (size_t i = 0; i < width; ++i) *value = *value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(width);
    return true;
  }

  // One to six digits as a fraction of a second.
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
  if (!fields.Number(4, &year) || !fields.Take('-') || !fields.Number(2, &month) ||
      !fields.Take('-') || !fields.Number(2, &day)) {
    return false;
  }
  *date = absl::CivilDay(year, month, day);
  return year >= 1 && date->month() == month && date->day() == day;
}

bool ReadClock(Fields& fields, Clock* clock) {
  if (!fields.Number(2, &clock->hour) || !fields.Take(':') || !fields.Number(2, &clock->minute)) {
    return false;
  }
  if (fields.Take(':')) {
    if (!fields.Number(2, &clock->second)) return false;
    if (fields.Take('.') && !fields.Micros(&clock->micros)) return false;
  }
  return clock->hour < 24 && clock->minute < 60 && clock->second < 60;
}

// Only offsets that some place of the world has had are known to dateparser.
bool IsKnownOffset(int minutes) {
  constexpr int kOdd[] = {-210, -270, 210, 270, 330, 345, 390, 570, 630, 765};
  if (minutes % 60 == 0) return minutes >= -12 * 60 && minutes <= 14 * 60;
  for (int odd : kOdd) {
    if (minutes == odd) return true;
  }
  return false;
}

// Minutes east of UTC.
bool ReadOffset(Fields& fields, int* minutes) {
  *minutes = 0;
  if (fields.Take('Z')) return true;
  const int sign = fields.Take('+') ? 1 : -1;
  if (sign < 0 && !fields.Take('-')) return false;
  int hour = 0, minute = 0;
  if (!fields.Number(2, &hour) || !fields.Take(':') || !fields.Number(2, &minute)) return false;
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

}  // namespace

std::optional<int64_t> TimestampMs(std::string_view text) {
  if (text.find('-', 1) == std::string_view::npos) return TimestampOfDigits(text);
  Fields fields(text);
  absl::CivilDay date;
  Clock clock;
  int offset = 0;
  if (!ReadDate(fields, &date)) return std::nullopt;
  if (!fields.done()) {
    if (!fields.Take(' ') && !fields.Take('T')) return std::nullopt;
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

}  // namespace stateserver::state
