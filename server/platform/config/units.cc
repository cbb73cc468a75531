// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/units.h"

#include <array>
#include <charconv>

namespace stateserver::config {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr std::array<Unit, 8> kSizes = {{{"GiB", int64_t{1} << 30},
                                         {"GB", 1'000'000'000},
                                         {"MiB", 1 << 20},
                                         {"MB", 1'000'000},
                                         {"KiB", 1 << 10},
                                         {"KB", 1'000},
                                         {"B", 1},
                                         {"", 1}}};
// Units of durations in milliseconds.
constexpr std::array<Unit, 6> kDurations = {{{"w", 604'800'000},
                                             {"d", 86'400'000},
                                             {"h", 3'600'000},
                                             {"m", 60'000},
                                             {"s", 1'000},
                                             {"ms", 1}}};
constexpr int64_t kMaxSize = int64_t{1} << 62;
constexpr int64_t kMaxMilliseconds = 86'400'000LL * 36'525;

template <size_t n>
std::optional<int64_t> FactorOf(const std::array<Unit, n>& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return std::nullopt;
}

// Removes the digits at the front of `text`.
std::optional<int64_t> ConsumeNumber(std::string_view* text) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return number;
}

std::string_view ConsumeLetters(std::string_view* text) {
  size_t length = text->find_first_of("0123456789");
  if (length == std::string_view::npos) length = text->size();
  std::string_view letters = text->substr(0, length);
  text->remove_prefix(length);
  return letters;
}

std::optional<int64_t> Multiply(int64_t number, int64_t factor, int64_t max) {
  if (number > max / factor) return std::nullopt;
  return number * factor;
}

}  // namespace

std::optional<int64_t> ParseSize(std::string_view text) {
  auto number = ConsumeNumber(&text);
  if (!number || *number == 0) return std::nullopt;
  while (text.starts_with(' ')) text.remove_prefix(1);
  auto factor = FactorOf(kSizes, text);
  if (!factor) return std::nullopt;
  return Multiply(*number, *factor, kMaxSize);
}

std::optional<absl::Duration> ParseDuration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int64_t total = 0;
  while (!text.empty()) {
    auto number = ConsumeNumber(&text);
    if (!number) return std::nullopt;
    auto factor = FactorOf(kDurations, ConsumeLetters(&text));
    if (!factor) return std::nullopt;
    auto part = Multiply(*number, *factor, kMaxMilliseconds);
    if (!part || *part > kMaxMilliseconds - total) return std::nullopt;
    total += *part;
  }
  return absl::Milliseconds(total);
}

std::string SizeText(int64_t bytes) {
  for (const Unit& unit : kSizes) {
    bool binary = unit.name.ends_with("iB");
    if (binary && bytes % unit.factor == 0) {
      return std::to_string(bytes / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(bytes) + "B";
}

std::string DurationText(absl::Duration duration) {
  int64_t milliseconds = absl::ToInt64Milliseconds(duration);
  if (milliseconds == 0) return "0s";
  for (const Unit& unit : kDurations) {
    if (unit.name != "w" && milliseconds % unit.factor == 0) {
      return std::to_string(milliseconds / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(milliseconds) + "ms";
}

}  // namespace stateserver::config
