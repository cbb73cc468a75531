// SPDX-License-Identifier: Apache-2.0
//
// Concatenation, trimming and letter case of text. Debian's abseil does not accept
// std::string_view, so this is the project's own.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>

namespace stateserver {
namespace text_internal {

template <typename T>
void Append(std::string* out, const T& part) {
  if constexpr (std::is_same_v<T, char>) {
    out->push_back(part);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    out->append(std::string_view(part));
  } else {
    static_assert(std::is_integral_v<T> && !std::is_same_v<T, bool>, "text or a whole number");
    out->append(std::to_string(part));
  }
}

}  // namespace text_internal

// Concatenates texts, chars and integers: Cat("model ", name, " has ", 3, " rows").
template <typename... Parts>
std::string Cat(const Parts&... parts) {
  std::string out;
  (text_internal::Append(&out, parts), ...);
  return out;
}

template <typename... Parts>
void AppendTo(std::string* out, const Parts&... parts) {
  (text_internal::Append(out, parts), ...);
}

// ASCII white space, and the part of it that JSON and SQLGlot know.
inline constexpr std::string_view kAsciiSpace = " \t\n\v\f\r";
inline constexpr std::string_view kJsonSpace = " \t\n\r";

// Removes white space at both ends.
inline std::string_view Trim(std::string_view text, std::string_view space = kAsciiSpace) {
  const size_t start = text.find_first_not_of(space);
  if (start == text.npos) return {};
  return text.substr(start, text.find_last_not_of(space) - start + 1);
}

// Convert or compare ASCII letters; other bytes stay, in every locale.
constexpr char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char UpperChar(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

inline std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), LowerChar);
  return out;
}

inline std::string Upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), UpperChar);
  return out;
}

inline bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return LowerChar(x) == LowerChar(y); });
}

}  // namespace stateserver
