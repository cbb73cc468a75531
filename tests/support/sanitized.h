// SPDX-License-Identifier: Apache-2.0
//
// Whether the tests run under a sanitizer, unoptimized and some fifty times slower: loops that only
// repeat are shorter there.
#pragma once

namespace stateserver::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace stateserver::testing
