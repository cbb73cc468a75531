// SPDX-License-Identifier: Apache-2.0
//
// The five fields of a cron as sets of numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace stateserver::state {

struct CronFields {
  // Bit i: value i is in. Minutes 0-59, hours 0-23, days 1-31, months 1-12,
  // weekdays 0-6 from Sunday.
  uint64_t minutes = 0;
  uint64_t hours = 0;
  uint64_t days = 0;
  uint64_t months = 0;
  uint64_t weekdays = 0;
  bool last_day = false;  // `l`: instead of `days`
  // `1#2`, `l5`: instead of `weekdays`; the last such weekday of the month is
  // occurrence 0.
  struct NthWeekday {
    int weekday = 0;
    int occurrence = 0;
  };
  std::vector<NthWeekday> nth_weekdays;
  // Day of month and day of week both restrict: one of them is enough.
  bool either_day = false;
};

// Understands @daily and its like, names of months and weekdays, lists, ranges
// (also across the end: `22-4`), steps, `?`, the day `l`, and the weekdays `7`,
// `1#2` and `l5`, where all releases of croniter agree on the meaning. nullopt
// for all else.
std::optional<CronFields> ParseCron(std::string_view cron);

}  // namespace stateserver::state
