// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/time/number_time.h"

#include <cmath>
#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "server/sqlmesh/time/day.h"

namespace stateserver::state {
namespace {

int Number(std::string_view digits) {
  int value = 0;
  for (char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

// strptime takes the longest month, then the longest day that fit; a shorter
// month is tried only when no day is left. nullopt: does not use up the text.
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

}  // namespace

std::optional<int64_t> DateNumberMs(int64_t number) {
  if (number < 100'000 || number > 99'999'999) return std::nullopt;
  return Parse(std::to_string(number));
}

bool IsDateNumber(int64_t number) {
  // Compared first, so that negating cannot overflow.
  return DateNumberMs(number < 0 && number > -100'000'000 ? -number : number).has_value();
}

int64_t MicrosOfMs(int64_t ms) {
  // datetime.fromtimestamp: whole seconds apart, the rest rounded to microseconds.
  double seconds = 0;
  const double fraction = std::modf(static_cast<double>(ms) / 1000.0, &seconds);
  return static_cast<int64_t>(seconds) * 1'000'000 +
         static_cast<int64_t>(std::nearbyint(fraction * 1e6));
}

int64_t FloatMsOfMicros(int64_t micros) {
  // Python divides the integers exactly and rounds once; from the year 2255 on a
  // double would have to round them before.
  return static_cast<int64_t>(static_cast<double>(static_cast<long double>(micros) / 1e6L) *
                              1000.0);
}

int64_t FloatMs(int64_t ms) { return FloatMsOfMicros(MicrosOfMs(ms)); }

}  // namespace stateserver::state
