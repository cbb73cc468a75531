// SPDX-License-Identifier: Apache-2.0
//
// Concatenation and trimming of text. Debian's abseil does not accept std::string_view, so this is
// the project's own.
#pragma once

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

// Removes ASCII white space at both ends.
inline std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t start = text.find_first_not_of(kSpace);
  if (start == text.npos) return {};
  return text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

}  // namespace stateserver
