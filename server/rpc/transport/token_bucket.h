// SPDX-License-Identifier: Apache-2.0
//
// A rate with a burst.
#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace stateserver::transport {

// Holds up to `burst` tokens and gains `per_second`. May go into debt, as far as a quarter
// of a burst: what has happened already is counted, and delays what comes next. Not
// thread-safe.
class TokenBucket {
 public:
  TokenBucket(double burst, double per_second)
      : burst_(burst), per_second_(per_second), tokens_(burst) {}

  // A negative number gives tokens back.
  void Spend(double tokens, absl::Time now) {
    Gain(now);
    tokens_ = std::clamp(tokens_ - tokens, -burst_ / 4, burst_);
  }
  void Add(double tokens) { tokens_ = std::min(tokens_ + tokens, burst_); }
  bool InDebt(absl::Time now) {
    Gain(now);
    return tokens_ < 0;
  }
  // Until the debt is paid; zero without any.
  absl::Duration Wait(absl::Time now) {
    return InDebt(now) ? absl::Seconds(-tokens_ / per_second_) : absl::ZeroDuration();
  }
  // A larger allowance from now on, full.
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
