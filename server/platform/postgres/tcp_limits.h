// SPDX-License-Identifier: Apache-2.0
//
// How soon either end of a connection notices that the other is gone without a word.
#pragma once

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"

namespace stateserver::postgres {

// TCP's own settings, in the units of libpq and PostgreSQL.
struct TcpLimits {
  int64_t idle_seconds = 0;
  int64_t interval_seconds = 0;
  int count = 3;
  int64_t user_timeout_ms = 0;
};

// An idle connection is probed after half of `limit`, and given up when three probes
// in the other half stay unanswered; one with data on its way is given up after
// `limit`. At least four seconds: TCP counts keepalives in whole seconds.
inline TcpLimits TcpLimitsFor(absl::Duration limit) {
  int64_t seconds = std::max<int64_t>(4, absl::ToInt64Seconds(limit));
  TcpLimits limits;
  limits.idle_seconds = seconds / 2;
  limits.interval_seconds = std::max<int64_t>(1, seconds / 6);
  limits.user_timeout_ms = seconds * 1000;
  return limits;
}

}  // namespace stateserver::postgres
