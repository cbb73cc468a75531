// SPDX-License-Identifier: Apache-2.0

#include "common/time.h"

#include <chrono>
#include <cstdio>

#include "absl/time/clock.h"

namespace stateserver {

int64_t NowMs() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string FormatTimestamp(int64_t epoch_ms) {
  using namespace std::chrono;
  constexpr int64_t kYear1 = -62135596800000;      // 0001-01-01
  constexpr int64_t kYear10000 = 253402300800000;  // 10000-01-01
  if (epoch_ms < kYear1 || epoch_ms >= kYear10000) return std::to_string(epoch_ms);
  auto time = floor<seconds>(sys_time<milliseconds>(milliseconds(epoch_ms)));
  auto day = floor<days>(time);
  year_month_day date(day);
  hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02u %02d:%02d:%02d+00:00",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

int64_t FloorToMinute(int64_t epoch_ms) {
  constexpr int64_t kMinute = 60'000;
  int64_t rest = epoch_ms % kMinute;
  return epoch_ms - (rest < 0 ? rest + kMinute : rest);
}

std::string SizeText(absl::Duration duration) {
  constexpr absl::Duration kUnit = absl::Milliseconds(1);
  absl::Duration size = absl::AbsDuration(duration);
  if (size < kUnit) return "less than 1ms";
  return absl::FormatDuration(absl::Trunc(size, kUnit));
}

namespace {

struct Begin {
  absl::Time wall = absl::Now();
  std::chrono::steady_clock::time_point steady = std::chrono::steady_clock::now();
};

}  // namespace

absl::Time SteadyNow() {
  static const Begin begin;
  return begin.wall + absl::FromChrono(std::chrono::steady_clock::now() - begin.steady);
}

}  // namespace stateserver
