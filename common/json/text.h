// SPDX-License-Identifier: Apache-2.0
//
// Characters of JSON strings: escapes and UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stateserver::json {

// How the characters of a string are written.
enum class Charset {
  // Python's json.dumps(ensure_ascii=True): everything outside ' ' to '~' as
  // \uXXXX in lower case, surrogate pairs above U+FFFF.
  kAscii,
  // Raw UTF-8, as Python's ensure_ascii=False and Rust's serde_json write it.
  kUtf8,
};

// U+FFFD, for what is no character.
inline constexpr uint32_t kReplacement = 0xfffd;

// 0 to 15, or -1.
int HexValue(char c);

// The character that a short escape (the byte after '\') stands for, or 0.
char ShortEscape(char c);

constexpr bool IsHighSurrogate(uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
constexpr bool IsLowSurrogate(uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }
constexpr uint32_t JoinSurrogates(uint32_t high, uint32_t low) {
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

// Length of the UTF-8 sequence that starts with `lead` (0x80 or more), or 0 for
// a byte that starts none.
int Utf8Length(unsigned char lead);

// The code point of the UTF-8 sequence of `length` (2 to 4) bytes at `p`, or
// -1: a wrong continuation byte, an overlong form, a surrogate, or too large.
int32_t DecodeUtf8(const char* p, int length);

// Room that EncodeChar needs: "\ud83d\ude00".
inline constexpr size_t kMaxEncoded = 12;

// Writes a code point as it stands inside a JSON string, with the short escapes
// \b \t \n \f \r \" \\; a surrogate stays an escape in both charsets. Returns
// the number of bytes.
size_t EncodeChar(uint32_t code_point, Charset charset, char* to);

// Appends `text` (UTF-8; bytes that are not become U+FFFD) as a JSON string
// with its quotes.
void AppendQuoted(std::string_view text, Charset charset, std::string* out);

// Appends the characters of a valid JSON string, given without its quotes, as
// UTF-8. A surrogate without its partner becomes U+FFFD.
void AppendUnescaped(std::string_view raw, std::string* out);

}  // namespace stateserver::json
