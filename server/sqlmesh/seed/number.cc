// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/seed/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "absl/strings/string_view.h"
#include "common/text.h"

namespace stateserver::state {
namespace {

constexpr size_t kMaxExactDigits = 15;  // all integers of 15 digits are exact doubles
constexpr size_t kDigitsSeen = 17;
constexpr size_t kMaxIntegerDigits = 18;  // 18 digits fit into 64 bits
constexpr int kMaxPower = 22;             // 10^22 is the largest power of ten that is an exact
                                          // double

constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view ConsumeDigits(std::string_view& text) {
  const std::string_view digits =
      text.substr(0, std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin());
  text.remove_prefix(digits.size());
  return digits;
}

bool ConsumeSign(std::string_view& text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  return negative;
}

// Parts holds the parts of [sign] digits [. digits] [e [sign] digits].
struct Parts {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  bool has_point = false;
  bool has_exponent = false;
  int exponent = 0;
};

std::optional<Parts> Split(std::string_view text) {
  Parts parts;
  parts.negative = ConsumeSign(text);
  parts.whole = ConsumeDigits(text);
  if (!text.empty() && text.front() == '.') {
    parts.has_point = true;
    text.remove_prefix(1);
    parts.fraction = ConsumeDigits(text);
  }
  if (parts.whole.empty() && parts.fraction.empty()) return std::nullopt;
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    parts.has_exponent = true;
    text.remove_prefix(1);
    const bool negative = ConsumeSign(text);
    const std::string_view digits = ConsumeDigits(text);
    if (digits.empty()) return std::nullopt;
    for (char digit : digits) parts.exponent = std::min(parts.exponent * 10 + (digit - '0'), 9999);
    if (negative) parts.exponent = -parts.exponent;
  }
  if (!text.empty()) return std::nullopt;
  return parts;
}

bool IsInfinity(std::string_view text) {
  ConsumeSign(text);
  return EqualIgnoringCase(text, "inf") || EqualIgnoringCase(text, "infinity");
}

ParsedNumber Uncertain() { return {NumberKind::kUncertain, 0, 0}; }

bool InRange(double value) {
  const double size = std::fabs(value);
  return size == 0 || (size >= 1e-15 && size <= 1e15);
}

// pandas multiplies or divides once. If both operands are exact, the result is the nearest double.
std::optional<double> ExactReal(const Parts& parts) {
  const int power = parts.exponent - static_cast<int>(parts.fraction.size());
  if (parts.whole.size() + parts.fraction.size() > kMaxExactDigits) return std::nullopt;
  if (std::abs(power) > kMaxPower) return std::nullopt;
  int64_t mantissa = 0;
  for (std::string_view digits : {parts.whole, parts.fraction}) {
    for (char digit : digits) mantissa = mantissa * 10 + (digit - '0');
  }
  const auto real = static_cast<double>(mantissa);
  return power > 0 ? real * kPowers[power] : real / kPowers[-power];
}

// pandas uses 17 digits, including leading zeros, and is then off by at most three units in the
// last place. If the ten decimals are equal for all values in that range, they are certain.
std::optional<double> SettledReal(const Parts& parts) {
  std::string digits(parts.whole.substr(0, kDigitsSeen));
  const size_t left = kDigitsSeen - digits.size();
  const std::string_view fraction = parts.fraction.substr(0, left);
  const int power = parts.exponent + static_cast<int>(parts.whole.size() - digits.size()) -
                    static_cast<int>(fraction.size());
  digits.append(fraction);
  digits += "e" + std::to_string(power);
  double real = 0;
  const char* end = digits.data() + digits.size();
  auto [after, error] = std::from_chars(digits.data(), end, real);
  if (error != std::errc() || after != end) return std::nullopt;
  double low = real, high = real;
  for (int i = 0; i < 4; ++i) {
    low = std::nextafter(low, -HUGE_VAL);
    high = std::nextafter(high, HUGE_VAL);
  }
  if (!InRange(low) || !InRange(high)) return std::nullopt;
  std::string lowest, highest;
  AppendReal(low, &lowest);
  AppendReal(high, &highest);
  if (lowest != highest) return std::nullopt;
  return real;
}

}  // namespace

ParsedNumber ParseNumber(std::string_view field) {
  const std::string_view text = Trim(field);
  const std::optional<Parts> parts = Split(text);
  if (!parts) return IsInfinity(text) ? Uncertain() : ParsedNumber();

  ParsedNumber number;
  if (!parts->has_point && !parts->has_exponent) {
    if (parts->whole.size() > kMaxIntegerDigits) return Uncertain();
    number.kind = NumberKind::kInteger;
    for (char digit : parts->whole) number.integer = number.integer * 10 + (digit - '0');
    if (parts->negative) number.integer = -number.integer;
    number.real = static_cast<double>(number.integer);
    return number;
  }
  std::optional<double> real = ExactReal(*parts);
  if (!real) real = SettledReal(*parts);
  if (!real || !InRange(*real)) return Uncertain();
  number.kind = NumberKind::kDecimal;
  number.real = parts->negative ? -*real : *real;
  return number;
}

void AppendReal(double value, std::string* json) {
  if (value < 0) *json += '-';
  value = std::fabs(value);
  constexpr uint64_t kDecimals = 10'000'000'000;
  auto whole = static_cast<uint64_t>(value);
  const double scaled = (value - static_cast<double>(whole)) * 1e10;
  auto fraction = static_cast<uint64_t>(scaled);
  const double rest = scaled - static_cast<double>(fraction);
  // A half is rounded up if the digits are odd and, a peculiarity of pandas, if they are all 0.
  if (rest > 0.5 || (rest == 0.5 && (fraction == 0 || fraction % 2 == 1))) ++fraction;
  if (fraction >= kDecimals) {
    fraction = 0;
    ++whole;
  }
  *json += std::to_string(whole);
  char digits[16];
  std::snprintf(digits, sizeof digits, "%010llu", static_cast<unsigned long long>(fraction));
  std::string_view text = digits;
  while (text.size() > 1 && text.back() == '0') text.remove_suffix(1);
  *json += '.';
  *json += text;
}

}  // namespace stateserver::state
