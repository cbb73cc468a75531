// SPDX-License-Identifier: Apache-2.0
//
// A rate limit for many keys.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace stateserver {

// OccurrenceLimit admits a number of occurrences per key in each window and counts the rest. It
// remembers at most `max_keys` keys; while all of them are in use, a new key is counted under the
// fallback that its caller names. Callers must keep the number of fallbacks small. Times are those
// of SteadyNow(). Thread-safe.
class OccurrenceLimit {
 public:
  OccurrenceLimit(int most, absl::Duration window, size_t max_keys)
      : most_(most), window_(window), max_keys_(max_keys) {}

  // Returns true while fewer than `most` occurrences of `key` have been admitted in its window,
  // which begins with the first of them.
  bool Admit(std::string_view key, std::string_view fallback, absl::Time now);

  struct LeftOut {
    std::string key;
    int64_t count = 0;
  };
  // Returns the occurrences that were not admitted since the last call, by key.
  std::vector<LeftOut> TakeLeftOut(absl::Time now);

 private:
  struct Window {
    absl::Time begin;
    int admitted = 0;
    int64_t left_out = 0;
  };

  Window& Find(std::string_view key, std::string_view fallback, absl::Time now);
  void ForgetEnded(absl::Time now);

  const int most_;
  const absl::Duration window_;
  const size_t max_keys_;
  std::mutex mutex_;
  std::map<std::string, Window, std::less<>> windows_;
  // Time of the last removal of expired windows.
  absl::Time cleaned_ = absl::InfinitePast();
};

}  // namespace stateserver
