// SPDX-License-Identifier: Apache-2.0
//
// A rate limit with bursts.
#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace stateserver::transport {

// TokenBucket holds up to `burst` tokens and gains `per_second`. It may go into debt by up to a
// quarter of a burst: events that have already happened are counted and delay later ones. Not
// thread-safe.
class TokenBucket {
 public:
  TokenBucket(double burst, double per_second)
      : burst_(burst), per_second_(per_second), tokens_(burst) {}

  // Spends tokens; a negative number returns them.
  void Spend(double tokens, absl::Time now) {
    Gain(now);
    tokens_ = std::clamp(tokens_ - tokens, -burst_ / 4, burst_);
  }
  void Add(double tokens) { tokens_ = std::min(tokens_ + tokens, burst_); }
  bool InDebt(absl::Time now) {
    Gain(now);
    return tokens_ < 0;
  }
  // Returns the time until the debt is paid; zero without debt.
  absl::Duration Wait(absl::Time now) {
    return InDebt(now) ? absl::Seconds(-tokens_ / per_second_) : absl::ZeroDuration();
  }
  // Sets a larger allowance and fills the bucket.
  void Raise(double burst, double per_second) {
    burst_ = burst;
    per_second_ = per_second;
    tokens_ = burst;
  }

 private:
  void Gain(absl::Time now) {
    if (now > at_)
      Add(at_ == absl::InfinitePast() ? 0 : absl::ToDoubleSeconds(now - at_) * per_second_);
    at_ = std::max(at_, now);
  }

  double burst_;
  double per_second_;
  double tokens_;
  absl::Time at_ = absl::InfinitePast();
};

}  // namespace stateserver::transport
