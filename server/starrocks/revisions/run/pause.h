// SPDX-License-Identifier: Apache-2.0
//
// Waiting between two looks at the same thing.
#pragma once

#include <algorithm>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace stateserver::revisions {

// Longer each time: from 20 ms to 2 s.
class Pause {
 public:
  void Sleep() {
    constexpr double kFactor = 1.5;
    absl::SleepFor(next_);
    next_ = std::min(next_ * kFactor, absl::Seconds(2));
  }

 private:
  absl::Duration next_ = absl::Milliseconds(20);
};

}  // namespace stateserver::revisions
