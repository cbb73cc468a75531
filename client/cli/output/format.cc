// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/format.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

namespace stateserver::client {

std::string FormatTime(int64_t epoch_ms) {
  if (epoch_ms == 0) return "-";
  // Floor, so that times before 1970 do not round up.
  std::time_t seconds =
      static_cast<std::time_t>(epoch_ms >= 0 ? epoch_ms / 1000 : -((-epoch_ms + 999) / 1000));
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return std::to_string(epoch_ms);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return text.data();
}

std::string FormatSpan(int64_t milliseconds) {
  constexpr std::array<std::pair<int64_t, const char*>, 5> kUnits = {
      {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}}};
  if (milliseconds < 0) return "-" + FormatSpan(-milliseconds);
  std::string out;
  int shown = 0;
  for (const auto& [size, unit] : kUnits) {
    if (shown == 2 || (milliseconds < size && shown == 0)) continue;
    if (milliseconds >= size) {
      if (!out.empty()) out += ' ';
      out += std::to_string(milliseconds / size) + unit;
    }
    milliseconds %= size;
    ++shown;
  }
  return out.empty() ? "0s" : out;
}

std::string FormatBytes(int64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, kUnits[unit]);
  return text.data();
}

std::string FormatElapsed(int64_t seconds) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld",
                static_cast<long long>(seconds / 3600), static_cast<long long>(seconds / 60 % 60),
                static_cast<long long>(seconds % 60));
  return text.data();
}

std::string Count(int64_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string YesNo(bool value) { return value ? "yes" : "no"; }

}  // namespace stateserver::client
