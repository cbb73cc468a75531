// SPDX-License-Identifier: Apache-2.0
//
// Finds the end of the runs that JSON text is made of, 16 bytes at a time where
// the processor can (SSE2, which every x86-64 has), else byte by byte.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace stateserver::json {

// What a run inside a string stops at, besides '"' and '\'.
enum class StopAt {
  kControl,        // bytes below 0x20
  kControlOrHigh,  // and 0x7f to 0xff
};

template <StopAt kStop>
inline bool IsStringSpecial(unsigned char c) {
  if (c == '"' || c == '\\' || c < 0x20) return true;
  return kStop == StopAt::kControlOrHigh && c >= 0x7f;
}

// The first byte of [p, end) that a run inside a string stops at, else `end`.
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
      // As signed bytes 0x80 to 0xff are negative: one comparison for both ends.
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

// The first byte of [p, end) that is not a space (0x20), else `end`.
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
