// SPDX-License-Identifier: Apache-2.0
//
// Characters of JSON strings: escapes and UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stateserver::json {

// Charset selects how the characters of a string are written.
enum class Charset {
  // Python's json.dumps(ensure_ascii=True): everything outside ' ' to '~' as
  // \uXXXX in lower case, surrogate pairs above U+FFFF.
  kAscii,
  // Raw UTF-8, as Python's ensure_ascii=False and Rust's serde_json write it.
  kUtf8,
};

// U+FFFD, the replacement for invalid characters.
inline constexpr uint32_t kReplacement = 0xfffd;

// Returns 0 to 15, or -1.
int HexValue(char c);

// Returns the character of a short escape (the byte after '\'), or 0.
char ShortEscape(char c);

constexpr bool IsHighSurrogate(uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
constexpr bool IsLowSurrogate(uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }
constexpr uint32_t JoinSurrogates(uint32_t high, uint32_t low) {
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

// Returns the length of the UTF-8 sequence that starts with `lead` (0x80 or more), or 0 if the byte
// cannot start one.
int Utf8Length(unsigned char lead);

// Returns the code point of the UTF-8 sequence of `length` (2 to 4) bytes at `p`. Returns -1 for a
// wrong continuation byte, an overlong form, a surrogate, or a value out of range.
int32_t DecodeUtf8(const char* p, int length);

// Maximum number of bytes that EncodeChar writes: "\ud83d\ude00".
inline constexpr size_t kMaxEncoded = 12;

// Writes a code point in the form used inside a JSON string, with the short escapes \b \t \n \f \r
// \" \\. A surrogate is escaped in both charsets. Returns the number of bytes.
size_t EncodeChar(uint32_t code_point, Charset charset, char* to);

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendQuoted(std::string_view text, Charset charset, std::string* out);

// Returns `text` as a JSON string in raw UTF-8, with its quotes.
std::string Quoted(std::string_view text);

// Appends the characters of a valid JSON string, given without its quotes, as
// UTF-8. A surrogate without its partner becomes U+FFFD.
void AppendUnescaped(std::string_view raw, std::string* out);

}  // namespace stateserver::json
