// SPDX-License-Identifier: Apache-2.0
//
// Conversion of streaming valid JSON text to another style.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/json/text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace stateserver::json {

enum class Layout {
  kCompact,   // {"a":[1,2]}
  kSpaced,    // {"a": [1, 2]}, Python's json.dumps default
  kIndented,  // Python's indent=2: one item per line, [] and {} when empty
};

struct Style {
  Layout layout = Layout::kCompact;
  Charset charset = Charset::kUtf8;
  // The nesting level at which the text is placed; only for kIndented. The first line is not
  // indented, because it follows a key or existing indentation.
  int depth = 0;
};

// Restyler converts ONE valid JSON value, or a part of one, in pieces of any size. Strings are
// normalised: equal characters always give equal bytes, however they were escaped ("\/" becomes
// "/"). Numbers keep their spelling. For invalid JSON the output is unspecified; validate with
// StreamScanner if that matters. Memory is constant. Not thread-safe.
class Restyler {
 public:
  explicit Restyler(Style style) : style_(style), depth_(style.depth) {}

  // Appends the restyled bytes of `piece` to `out`.
  void Feed(std::string_view piece, std::string* out);

  // Appends the remaining bytes and resets the object. Returns false if the text ended inside a
  // string, or with unbalanced containers.
  bool Finish(std::string* out);

 private:
  class Output;
  enum class State : uint8_t { kOutside, kString, kEscape, kHex, kUtf8 };

  const char* Outside(const char* p, const char* end, Output* out);
  const char* Scalar(const char* p, const char* end, Output* out);
  const char* String(const char* run, const char* p, const char* end, Output* out);
  const char* Special(const char* p, const char* end, Output* out);
  const char* High(const char* p, const char* end, Output* out);
  const char* Escape(const char* p, Output* out);
  const char* Hex(const char* p, Output* out);
  const char* Partial(const char* p, Output* out);
  void Open(char c, Output* out);
  void Close(char c, Output* out);
  void BeforeItem(Output* out);
  // Nobody reads deeper text, and indenting it takes the square of the number of its brackets.
  bool IndentsHere() const;
  void CodeUnit(uint32_t unit, Output* out);
  void FlushSurrogate(Output* out);

  Style style_;
  int depth_;
  State state_ = State::kOutside;
  bool just_opened_ = false;
  // An incomplete escape or UTF-8 sequence, and the number of its units read so far.
  uint32_t unit_ = 0;
  int have_ = 0;
  char utf8_[4] = {};
  // A high surrogate that waits for its partner, or 0.
  uint32_t high_ = 0;
};

// Converts a whole value.
std::string Restyle(std::string_view json, Style style);

// StopAt selects the bytes, besides '"' and '\', that end a run inside a string.
enum class StopAt {
  kControl,        // bytes below 0x20
  kControlOrHigh,  // and 0x7f to 0xff
};

template <StopAt kStop>
inline bool IsStringSpecial(unsigned char c) {
  if (c == '"' || c == '\\' || c < 0x20) return true;
  return kStop == StopAt::kControlOrHigh && c >= 0x7f;
}

// Returns the first byte of [p, end) that ends a run inside a string, otherwise `end`.
template <StopAt kStop>
inline const char* FindStringSpecial(const char* p, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(0x20);
  const __m128i control = _mm_set1_epi8(0x1f);
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; end - p >= 16; p += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
    if constexpr (kStop == StopAt::kControlOrHigh) {
      // As signed bytes, 0x80 to 0xff are negative, so one comparison covers both ranges.
      hit = _mm_or_si128(hit, _mm_cmplt_epi8(bytes, space));
      hit = _mm_or_si128(hit, _mm_cmpeq_epi8(bytes, del));
    } else {
      hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    }
    int mask = _mm_movemask_epi8(hit);
    if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (p != end && !IsStringSpecial<kStop>(static_cast<unsigned char>(*p))) ++p;
  return p;
}

// Returns the first byte of [p, end) that is not a space (0x20), otherwise `end`.
inline const char* SkipSpaces(const char* p, const char* end) {
#if defined(__SSE2__)
  const __m128i space = _mm_set1_epi8(' ');
  for (; end - p >= 16; p += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, space));
    if (mask != 0xffff) return p + __builtin_ctz(~static_cast<unsigned>(mask));
  }
#endif
  while (p != end && *p == ' ') ++p;
  return p;
}

}  // namespace stateserver::json
