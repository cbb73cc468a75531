// SPDX-License-Identifier: Apache-2.0
//
// A bound on how often something is done for each of many keys.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace stateserver {

// OccurrenceLimit lets a number of occurrences through in each window and counts the others, by
// key. It remembers at most `max_keys` keys; while all of them are in use, a new key is counted
// under the fallback that its caller names. Callers keep the number of fallbacks small. Times are
// those of SteadyNow(). Thread-safe.
class OccurrenceLimit {
 public:
  OccurrenceLimit(int most, absl::Duration window, size_t max_keys)
      : most_(most), window_(window), max_keys_(max_keys) {}

  // True while fewer than `most` occurrences of `key` were let through in its window, which begins
  // with the first of them.
  bool Admit(std::string_view key, std::string_view fallback, absl::Time now);

  struct LeftOut {
    std::string key;
    int64_t count = 0;
  };
  // The occurrences that were not let through since the last call, by key.
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
  // When windows were last looked through for ended ones.
  absl::Time cleaned_ = absl::InfinitePast();
};

}  // namespace stateserver
