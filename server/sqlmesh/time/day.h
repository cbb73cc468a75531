// SPDX-License-Identifier: Apache-2.0
//
// Days of UTC, which has no leap seconds here.
#pragma once

#include <cstdint>

namespace stateserver::state {

inline constexpr int64_t kDayMs = 86'400'000;

// Rounds towards the past, for times before 1970 too; `divisor` is positive.
constexpr int64_t FloorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

}  // namespace stateserver::state
