// SPDX-License-Identifier: Apache-2.0
//
// kSanitized is true in builds with a sanitizer. These are not optimized and about fifty times
// slower, so loops that only repeat are shorter there.
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
