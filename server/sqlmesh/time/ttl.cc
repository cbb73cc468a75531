// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/time/ttl.h"

#include <charconv>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "server/sqlmesh/time/align.h"
#include "server/sqlmesh/time/day.h"
#include "server/sqlmesh/time/number_time.h"

namespace stateserver::state {
namespace {

constexpr int64_t kSecond = 1'000'000;  // in microseconds
constexpr int64_t kDayMicros = 86'400 * kSecond;
// Beyond these SQLMesh runs out of years anyway; products stay far from overflow.
constexpr int64_t kMaxCount = 1'000'000;
// SQLMesh also counts the text from today and refuses what ends beyond the year
// 9999; that an answer does not hang on the clock, none is given near there.
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

// A comma ends a word and is one of its own.
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

// The same day and time some months later, or that month's last day.
int64_t AddMonths(int64_t micros, int64_t months) {
  const int64_t days = FloorDivide(micros, kDayMicros);
  const absl::CivilDay day = absl::CivilDay() + days;
  const absl::CivilMonth month = absl::CivilMonth(day) + months;
  absl::CivilDay moved = absl::CivilDay(month) + (day.day() - 1);
  if (absl::CivilMonth(moved) != month) moved = absl::CivilDay(month + 1) - 1;
  return (moved - absl::CivilDay()) * kDayMicros + (micros - days * kDayMicros);
}

}  // namespace

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
